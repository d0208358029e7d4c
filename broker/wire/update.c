#include "gradmq/v1/update.pb-c.h"
#include "tensor/encoding.h"
#include "wire/ack.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/shape_rows.h"

#include <inttypes.h>
#include <string.h>

//  More than any update takes to write.
#define S_ARENA_BYTES 1024u

#define MINE gradmq_update_t
#define THEIRS Gradmq__V1__Update
static const gradmq_row_t s_update [] = {
    TEXT (model),
    ONE (position, position, &gradmq_shape_position),
    TEXT (stream),
    SHOWN (stream_sequence),
    OPTIONAL_AS (previous_epoch, previous_published_epoch, has_previous),
    OPTIONAL_AS (previous_version, previous_published_version, has_previous),
    SHOWN_AS (layout_id, layout),
    NUMBER (dtype),
    NUMBER (encoding),
    SHOWN (bytes),
    NUMBER (learning_rate),
    NUMBER (settings_revision),
};
static const gradmq_shape_t s_shape = GRADMQ_SHAPE (gradmq__v1__update__descriptor, s_update);

//  Rule N-2: what is stated is known.
static gradmq_err_t
s_check (const Gradmq__V1__Update *message, gradmq_reason_t *reason)
{
    if (message->has_dtype && !gradmq_dtype (message->dtype))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "dtype %" PRIu32 " is not known here",
                              message->dtype);
    if (message->has_encoding && !gradmq_encoding (message->encoding))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "encoding %" PRIu32 " is not known here", message->encoding);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_wire_decode_update (gradmq_update_t *self, const void *header, size_t size,
                           gradmq_reason_t *reason)
{
    ProtobufCMessage *message = NULL;
    gradmq_arena_t *arena = NULL;
    memset (self, 0, sizeof *self);
    gradmq_err_t err = gradmq_frame_decode (&message, &arena, &gradmq__v1__update__descriptor,
                                            header, size, GRADMQ_FRAME_UPDATE, reason);
    if (!err)
        err = s_check ((const Gradmq__V1__Update *) message, reason);
    if (!err)
        err = gradmq_shape_read (&s_shape, self, message, arena, reason);
    self->arena = arena;
    if (err)
        gradmq_update_clear (self);
    return err;
}

gradmq_err_t
gradmq_wire_encode_update (const gradmq_update_t *self, void **header, size_t *size)
{
    uint8_t first [S_ARENA_BYTES];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first, sizeof first, SIZE_MAX);
    void *message = gradmq_shape_write (&s_shape, self, &arena);
    gradmq_err_t err = message ? gradmq_frame_encode (message, GRADMQ_FRAME_UPDATE, header, size)
                               : GRADMQ_ERR_MEMORY;
    gradmq_arena_clear (&arena);
    return err;
}

void
gradmq_update_clear (gradmq_update_t *self)
{
    gradmq_arena_t *arena = self->arena;
    gradmq_arena_destroy (&arena);
    memset (self, 0, sizeof *self);
}
