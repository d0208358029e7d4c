#include "wire/gradient.h"

#include "wire/frame.h"
#include "wire/gradient_message.h"
#include "wire/gradient_quick.h"
#include "wire/scan.h"

#include <stdlib.h>
#include <string.h>

#define S_STACK_BYTES 4096u

void
gradmq_gradient_init (gradmq_gradient_t *self)
{
    memset (self, 0, sizeof *self);
    self->low_water = 1;
    self->kind = GRADMQ_KIND_GRADIENT;
    self->weight = 1;
    self->loss_scale = 1;
}

void
gradmq_gradient_clear (gradmq_gradient_t *self)
{
    gradmq_gradient_drop_lists (self);
    gradmq_gradient_init (self);
}

static gradmq_err_t
s_decode (gradmq_gradient_t *self, const uint8_t *bytes, size_t size, gradmq_arena_t *arena,
          bool *attributable, gradmq_reason_t *reason)
{
    ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *descriptor = &gradmq__v1__gradient__descriptor;
    gradmq_err_t err = gradmq_scan (descriptor, bytes, size, false, reason);
    if (!err)
        err = gradmq_frame_unpack (&message, descriptor, bytes, size, arena, reason);
    if (err)
        return err;
    const Gradmq__V1__Gradient *gradient = (const Gradmq__V1__Gradient *) message;
    err = gradmq_frame_understand (descriptor, gradient->must_understand,
                                   gradient->n_must_understand, reason);
    return err ? err : gradmq_gradient_read (self, gradient, attributable, reason);
}

gradmq_err_t
gradmq_gradient_decode_fully (gradmq_gradient_t *self, const uint8_t *bytes, size_t size,
                              bool *attributable, gradmq_reason_t *reason)
{
    uint8_t first [S_STACK_BYTES];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first, sizeof first, gradmq_arena_budget (size));
    gradmq_err_t err = s_decode (self, bytes, size, &arena, attributable, reason);
    gradmq_arena_clear (&arena);
    return err;
}

gradmq_err_t
gradmq_wire_decode_gradient (gradmq_gradient_t *self, const void *header, size_t size,
                             bool *attributable, gradmq_reason_t *reason)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    gradmq_gradient_init (self);
    *attributable = false;
    gradmq_err_t err =
        gradmq_frame_open (header, size, GRADMQ_FRAME_GRADIENT, &bytes, &length, reason);
    if (err)
        return err;
    *attributable = gradmq_gradient_read_quickly (self, bytes, length);
    return *attributable ? GRADMQ_OK
                         : gradmq_gradient_decode_fully (self, bytes, length, attributable, reason);
}
