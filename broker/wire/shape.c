#include "wire/shape.h"

#include "core/limit.h"

#include <string.h>

#define FIELD(type, base, offset) (*(type *) ((char *) (base) + (offset)))
#define FIELD_CONST(type, base, offset) (*(type const *) ((const char *) (base) + (offset)))

static gradmq_err_t
s_no_memory (const gradmq_arena_t *arena, gradmq_reason_t *reason)
{
    if (arena->exhausted)
        return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE,
                              "the header holds more items than can be taken; send fewer");
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for the header's content");
}

//  --------------------------------------------------------------------------------------------
//  Reading

static void
s_read_number (const gradmq_row_t *row, void *mine, const void *theirs)
{
    bool present = FIELD_CONST (protobuf_c_boolean, theirs, row->quantifier);
    if (row->when == GRADMQ_WHEN_HAS)
        FIELD (bool, mine, row->has) = present;
    if (!present)
        return;
    switch (row->kind) {
        case GRADMQ_ROW_U64:
            FIELD (uint64_t, mine, row->mine) = FIELD_CONST (uint64_t, theirs, row->theirs);
            break;
        case GRADMQ_ROW_U32:
            FIELD (uint32_t, mine, row->mine) = FIELD_CONST (uint32_t, theirs, row->theirs);
            break;
        case GRADMQ_ROW_F64:
            FIELD (double, mine, row->mine) = FIELD_CONST (double, theirs, row->theirs);
            break;
        default:
            FIELD (bool, mine, row->mine) = FIELD_CONST (protobuf_c_boolean, theirs, row->theirs);
            break;
    }
}

static gradmq_err_t
s_read_name (const gradmq_row_t *row, char *name, const char *text, gradmq_reason_t *reason)
{
    (void) row;
    size_t size = text ? strnlen (text, GRADMQ_NAME_BYTES_MAX + 1) : 0;
    if (size > GRADMQ_NAME_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_NAME, "\"%.80s\" is longer than %u bytes", text,
                              GRADMQ_NAME_BYTES_MAX);
    if (size)
        memcpy (name, text, size);
    name [size] = 0;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_one (const gradmq_row_t *row, void *mine, const void *theirs, gradmq_arena_t *arena,
            gradmq_reason_t *reason)
{
    const void *message = FIELD_CONST (void *, theirs, row->theirs);
    if (row->when == GRADMQ_WHEN_HAS)
        FIELD (bool, mine, row->has) = message != NULL;
    if (!message)
        return GRADMQ_OK;
    return gradmq_shape_read (row->shape, (char *) mine + row->mine, message, arena, reason);
}

static gradmq_err_t
s_read_many (const gradmq_row_t *row, void *mine, const void *theirs, gradmq_arena_t *arena,
             gradmq_reason_t *reason)
{
    size_t count = FIELD_CONST (size_t, theirs, row->quantifier);
    void *const *messages = FIELD_CONST (void **, theirs, row->theirs);
    if (!count)
        return GRADMQ_OK;
    char *items = gradmq_arena_take_zero (arena, count, row->shape->size);
    if (!items)
        return s_no_memory (arena, reason);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = gradmq_shape_read (row->shape, items + i * row->shape->size, messages [i], arena,
                                 reason);
    FIELD (void *, mine, row->mine) = items;
    FIELD (size_t, mine, row->has) = count;
    return err;
}

static gradmq_err_t
s_read_row (const gradmq_row_t *row, void *mine, const void *theirs, gradmq_arena_t *arena,
            gradmq_reason_t *reason)
{
    switch (row->kind) {
        case GRADMQ_ROW_TEXT:
            FIELD (const char *, mine, row->mine) = FIELD_CONST (char *, theirs, row->theirs);
            break;
        case GRADMQ_ROW_NAME:
            return s_read_name (row, (char *) mine + row->mine,
                                FIELD_CONST (char *, theirs, row->theirs), reason);
        case GRADMQ_ROW_LIST:
        case GRADMQ_ROW_POINTERS:
            FIELD (const void *, mine, row->mine) = FIELD_CONST (void *, theirs, row->theirs);
            FIELD (size_t, mine, row->has) = FIELD_CONST (size_t, theirs, row->quantifier);
            break;
        case GRADMQ_ROW_SHAPE:
            FIELD (const void *, mine, row->mine) = FIELD_CONST (void *, theirs, row->theirs);
            FIELD (uint32_t, mine, row->has) =
                (uint32_t) FIELD_CONST (size_t, theirs, row->quantifier);
            break;
        case GRADMQ_ROW_ONE:
            return s_read_one (row, mine, theirs, arena, reason);
        case GRADMQ_ROW_MANY:
            return s_read_many (row, mine, theirs, arena, reason);
        default:
            s_read_number (row, mine, theirs);
            break;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_shape_read (const gradmq_shape_t *self, void *mine, const void *message,
                   gradmq_arena_t *arena, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < self->count && !err; i++)
        err = s_read_row (&self->rows [i], mine, message, arena, reason);
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Writing

static bool
s_wanted (const gradmq_row_t *row, const void *mine, bool not_zero)
{
    switch (row->when) {
        case GRADMQ_WHEN_ALWAYS:
            return true;
        case GRADMQ_WHEN_HAS:
            return FIELD_CONST (bool, mine, row->has);
        case GRADMQ_WHEN_COUNTED:
            return FIELD_CONST (size_t, mine, row->has) > 0;
        default:
            return not_zero;
    }
}

static void
s_write_number (const gradmq_row_t *row, const void *mine, void *theirs)
{
    bool not_zero;
    uint64_t u64;
    uint32_t u32;
    double f64;
    switch (row->kind) {
        case GRADMQ_ROW_U64:
            u64 = FIELD (uint64_t, theirs, row->theirs) = FIELD_CONST (uint64_t, mine, row->mine);
            not_zero = u64 != 0;
            break;
        case GRADMQ_ROW_U32:
            u32 = FIELD (uint32_t, theirs, row->theirs) = FIELD_CONST (uint32_t, mine, row->mine);
            not_zero = u32 != 0;
            break;
        case GRADMQ_ROW_F64:
            f64 = FIELD (double, theirs, row->theirs) = FIELD_CONST (double, mine, row->mine);
            not_zero = !(f64 >= 0 && f64 <= 0);
            break;
        default:
            not_zero = FIELD_CONST (bool, mine, row->mine);
            FIELD (protobuf_c_boolean, theirs, row->theirs) = not_zero;
            break;
    }
    FIELD (protobuf_c_boolean, theirs, row->quantifier) = s_wanted (row, mine, not_zero);
}

static bool
s_write_one (const gradmq_row_t *row, const void *mine, void *theirs, gradmq_arena_t *arena)
{
    if (!s_wanted (row, mine, true))
        return true;
    void *message = gradmq_shape_write (row->shape, (const char *) mine + row->mine, arena);
    FIELD (void *, theirs, row->theirs) = message;
    return message != NULL;
}

static bool
s_write_many (const gradmq_row_t *row, const void *mine, void *theirs, gradmq_arena_t *arena)
{
    size_t count = FIELD_CONST (size_t, mine, row->has);
    const char *items = FIELD_CONST (char *, mine, row->mine);
    void **messages = gradmq_arena_take_zero (arena, count, sizeof *messages);
    if (!messages)
        return false;
    for (size_t i = 0; i < count; i++) {
        messages [i] = gradmq_shape_write (row->shape, items + i * row->shape->size, arena);
        if (!messages [i])
            return false;
    }
    FIELD (void **, theirs, row->theirs) = messages;
    FIELD (size_t, theirs, row->quantifier) = count;
    return true;
}

static bool
s_write_row (const gradmq_row_t *row, const void *mine, void *theirs, gradmq_arena_t *arena)
{
    const char *name;
    switch (row->kind) {
        case GRADMQ_ROW_TEXT:
            FIELD (const char *, theirs, row->theirs) = FIELD_CONST (char *, mine, row->mine);
            break;
        case GRADMQ_ROW_NAME:
            name = (const char *) mine + row->mine;
            FIELD (const char *, theirs, row->theirs) = name [0] ? name : NULL;
            break;
        case GRADMQ_ROW_LIST:
        case GRADMQ_ROW_POINTERS:
            FIELD (const void *, theirs, row->theirs) = FIELD_CONST (void *, mine, row->mine);
            FIELD (size_t, theirs, row->quantifier) = FIELD_CONST (size_t, mine, row->has);
            break;
        case GRADMQ_ROW_SHAPE:
            FIELD (const void *, theirs, row->theirs) = FIELD_CONST (void *, mine, row->mine);
            FIELD (size_t, theirs, row->quantifier) = FIELD_CONST (uint32_t, mine, row->has);
            break;
        case GRADMQ_ROW_ONE:
            return s_write_one (row, mine, theirs, arena);
        case GRADMQ_ROW_MANY:
            return s_write_many (row, mine, theirs, arena);
        default:
            s_write_number (row, mine, theirs);
            break;
    }
    return true;
}

void *
gradmq_shape_write (const gradmq_shape_t *self, const void *mine, gradmq_arena_t *arena)
{
    ProtobufCMessage *message = gradmq_arena_take (arena, self->descriptor->sizeof_message);
    if (!message)
        return NULL;
    protobuf_c_message_init (self->descriptor, message);
    for (size_t i = 0; i < self->count; i++)
        if (!s_write_row (&self->rows [i], mine, message, arena))
            return NULL;
    return message;
}
