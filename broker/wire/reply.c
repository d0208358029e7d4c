#include "gradmq/v1/control.pb-c.h"
#include "wire/ack.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/reply_body.h"
#include "wire/settings.h"
#include "wire/shape_rows.h"

#include <string.h>

#define S_ARENA_BYTES 8192u

#define MINE gradmq_reply_t
#define THEIRS Gradmq__V1__Reply
static const gradmq_row_t s_reply [] = {
    SHOWN (request_id),
    NUMBER (code),
    TEXT (message),
    TEXT (model),
    ONE (position, position, &gradmq_shape_position),
    NUMBER (repeated_answer),
};
static const gradmq_shape_t s_shape = GRADMQ_SHAPE (gradmq__v1__reply__descriptor, s_reply);

//  The bodies stand in a union: one pointer, whichever it is.
static void **
s_body (Gradmq__V1__Reply *message)
{
    return (void **) &message->description;
}

//  What the shape of this answer reads and writes.
static void *
s_target (gradmq_reply_t *self)
{
    switch (self->answer) {
        case GRADMQ_ANSWER_ACKNOWLEDGEMENT:
            return &self->ack;
        case GRADMQ_ANSWER_OPERATION:
            return &self->operation;
        default:
            return self;
    }
}

//  --------------------------------------------------------------------------------------------
//  Decoding

static gradmq_err_t
s_read_settings (gradmq_reply_t *self, const Gradmq__V1__Parameters *message, gradmq_arena_t *arena,
                 gradmq_reason_t *reason)
{
    gradmq_settings_t *settings = NULL;
    if (!message->settings)
        return GRADMQ_OK;
    gradmq_err_t err =
        gradmq_settings_read_effective (&settings, message->settings, message->explicit_names,
                                        message->n_explicit_names, arena, reason);
    self->parameters.settings = settings;
    return err;
}

static gradmq_err_t
s_read_body (gradmq_reply_t *self, Gradmq__V1__Reply *message, gradmq_arena_t *arena,
             gradmq_reason_t *reason)
{
    const gradmq_shape_t *shape = gradmq_reply_body ((uint32_t) message->body_case);
    void *body = *s_body (message);
    if (!shape || !body)
        return GRADMQ_OK;
    self->answer = (gradmq_answer_t) message->body_case;
    gradmq_err_t err = gradmq_shape_read (shape, s_target (self), body, arena, reason);
    if (!err && self->answer == GRADMQ_ANSWER_PARAMETERS)
        err = s_read_settings (self, body, arena, reason);
    return err;
}

gradmq_err_t
gradmq_wire_decode_reply (gradmq_reply_t *self, const void *header, size_t size,
                          gradmq_reason_t *reason)
{
    ProtobufCMessage *message = NULL;
    gradmq_arena_t *arena = NULL;
    memset (self, 0, sizeof *self);
    gradmq_err_t err = gradmq_frame_decode (&message, &arena, &gradmq__v1__reply__descriptor,
                                            header, size, GRADMQ_FRAME_REPLY, reason);
    if (err)
        return err;
    self->arena = arena;
    err = gradmq_shape_read (&s_shape, self, message, arena, reason);
    if (!err)
        err = s_read_body (self, (Gradmq__V1__Reply *) message, arena, reason);
    if (err)
        gradmq_reply_clear (self);
    return err;
}

void
gradmq_reply_clear (gradmq_reply_t *self)
{
    gradmq_arena_t *arena = self->arena;
    gradmq_arena_destroy (&arena);
    memset (self, 0, sizeof *self);
}

//  --------------------------------------------------------------------------------------------
//  Encoding

static bool
s_write_settings (const gradmq_reply_t *self, Gradmq__V1__Parameters *message,
                  gradmq_arena_t *arena)
{
    const gradmq_settings_t *settings = self->parameters.settings;
    if (!settings)
        return true;
    message->settings = gradmq_settings_write (settings, false, arena);
    message->explicit_names =
        (char **) gradmq_settings_given_names (settings, &message->n_explicit_names, arena);
    return message->settings && message->explicit_names;
}

static bool
s_write_body (const gradmq_reply_t *self, Gradmq__V1__Reply *message, gradmq_arena_t *arena)
{
    const gradmq_shape_t *shape = gradmq_reply_body (self->answer);
    if (!shape)
        return true;
    void *body = gradmq_shape_write (shape, s_target ((gradmq_reply_t *) self), arena);
    if (!body)
        return false;
    message->body_case = (Gradmq__V1__Reply__BodyCase) self->answer;
    *s_body (message) = body;
    return self->answer != GRADMQ_ANSWER_PARAMETERS || s_write_settings (self, body, arena);
}

//  The message, in an arena; NULL: out of memory.
static const ProtobufCMessage *
s_write (const gradmq_reply_t *self, gradmq_arena_t *arena)
{
    Gradmq__V1__Reply *message = gradmq_shape_write (&s_shape, self, arena);
    return message && s_write_body (self, message, arena) ? &message->base : NULL;
}

gradmq_err_t
gradmq_wire_encode_reply (const gradmq_reply_t *self, void **header, size_t *size)
{
    uint8_t first [S_ARENA_BYTES];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first, sizeof first, SIZE_MAX);
    const ProtobufCMessage *message = s_write (self, &arena);
    gradmq_err_t err = message ? gradmq_frame_encode (message, GRADMQ_FRAME_REPLY, header, size)
                               : GRADMQ_ERR_MEMORY;
    gradmq_arena_clear (&arena);
    return err;
}

gradmq_err_t
gradmq_wire_encode_reply_in (const gradmq_reply_t *self, gradmq_reply_room_t *room, size_t *size)
{
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, room->pieces, sizeof room->pieces, SIZE_MAX);
    const ProtobufCMessage *message = s_write (self, &arena);
    gradmq_err_t err = message ? gradmq_frame_encode_in (message, GRADMQ_FRAME_REPLY, room->header,
                                                         sizeof room->header, size)
                               : GRADMQ_ERR_MEMORY;
    gradmq_arena_clear (&arena);
    return err;
}
