#include "gradmq/v1/event.pb-c.h"
#include "wire/ack.h"
#include "wire/event_body.h"
#include "wire/frame.h"
#include "wire/message.h"

#include <string.h>

#define S_ARENA_BYTES 4096u

//  The bodies stand in a union: one pointer, whichever it is.
static void **
s_body (Gradmq__V1__Event *message)
{
    return (void **) &message->acknowledgement;
}

//  What the shape of this kind reads and writes.
static void *
s_target (gradmq_event_t *self)
{
    return self->kind == GRADMQ_EVENT_ACKNOWLEDGEMENT ? (void *) &self->ack : self;
}

//  An acknowledgement's own model and position are the event's.
static void
s_lift_ack (gradmq_event_t *self)
{
    if (self->kind != GRADMQ_EVENT_ACKNOWLEDGEMENT)
        return;
    self->model = self->ack.model;
    self->position = self->ack.position;
}

gradmq_err_t
gradmq_wire_decode_event (gradmq_event_t *self, const void *header, size_t size,
                          gradmq_reason_t *reason)
{
    ProtobufCMessage *message = NULL;
    gradmq_arena_t *arena = NULL;
    memset (self, 0, sizeof *self);
    gradmq_err_t err = gradmq_frame_decode (&message, &arena, &gradmq__v1__event__descriptor,
                                            header, size, GRADMQ_FRAME_EVENT, reason);
    if (err)
        return err;
    self->arena = arena;
    Gradmq__V1__Event *event = (Gradmq__V1__Event *) message;
    const gradmq_shape_t *shape = gradmq_event_body ((uint32_t) event->body_case);
    if (shape) {
        self->kind = (gradmq_event_kind_t) event->body_case;
        err = gradmq_shape_read (shape, s_target (self), *s_body (event), arena, reason);
        s_lift_ack (self);
    }
    if (err)
        gradmq_event_clear (self);
    return err;
}

gradmq_err_t
gradmq_wire_encode_event (const gradmq_event_t *self, void **header, size_t *size)
{
    uint8_t first [S_ARENA_BYTES];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first, sizeof first, SIZE_MAX);
    Gradmq__V1__Event event = GRADMQ__V1__EVENT__INIT;
    gradmq_err_t err = GRADMQ_OK;
    const gradmq_shape_t *shape = gradmq_event_body (self->kind);
    if (shape) {
        event.body_case = (Gradmq__V1__Event__BodyCase) self->kind;
        *s_body (&event) = gradmq_shape_write (shape, s_target ((gradmq_event_t *) self), &arena);
        err = *s_body (&event) ? GRADMQ_OK : GRADMQ_ERR_MEMORY;
    }
    if (!err)
        err = gradmq_frame_encode (&event.base, GRADMQ_FRAME_EVENT, header, size);
    gradmq_arena_clear (&arena);
    return err;
}

void
gradmq_event_clear (gradmq_event_t *self)
{
    gradmq_arena_t *arena = self->arena;
    gradmq_arena_destroy (&arena);
    memset (self, 0, sizeof *self);
}
