#include "frames.h"

#include "core/handover.h"
#include "core/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

//  Topic and header come before the payload.
#define FRAMES_MAX (GRADMQ_PAYLOAD_FRAMES_MAX + 2)

void
gradmq_frames_clear (gradmq_frames_t *self)
{
    while (self->count)
        zmq_msg_close (&self->items [--self->count]);
}

void
gradmq_frames_free (gradmq_frames_t *self)
{
    gradmq_frames_clear (self);
    free (self->items);
    *self = (gradmq_frames_t){0};
}

void
gradmq_frames_swap (gradmq_frames_t *self, gradmq_frames_t *other)
{
    gradmq_frames_t kept = *self;
    *self = *other;
    *other = kept;
}

static bool
s_room (gradmq_frames_t *self)
{
    if (self->count < self->room)
        return true;
    if (self->count >= FRAMES_MAX)
        return false;
    size_t room = self->room ? self->room * 2 : 8;
    zmq_msg_t *items = (zmq_msg_t *) malloc (room * sizeof *items);
    if (items == NULL)
        return false;
    //  A zmq_msg_t moves by zmq_msg_move only.
    for (size_t i = 0; i < self->count; i++) {
        zmq_msg_init (&items [i]);
        zmq_msg_move (&items [i], &self->items [i]);
        zmq_msg_close (&self->items [i]);
    }
    free (self->items);
    self->items = items;
    self->room = room;
    return true;
}

//  A signal may interrupt even what does not wait; what is there is there still.
static bool
s_receive (zmq_msg_t *frame, void *socket)
{
    int rc;
    do
        rc = zmq_msg_recv (frame, socket, ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    return rc >= 0;
}

bool
gradmq_frames_receive (gradmq_frames_t *self, void *socket)
{
    gradmq_frames_clear (self);
    bool dropped = false;
    bool any = false;
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (!s_receive (&frame, socket)) {
            zmq_msg_close (&frame);
            if (any)
                gradmq_frames_clear (self);
            return false;
        }
        any = true;
        GRADMQ_TAKE_OVER (zmq_msg_data (&frame));
        more = zmq_msg_more (&frame) != 0;
        if (!dropped && s_room (self)) {
            zmq_msg_init (&self->items [self->count]);
            zmq_msg_move (&self->items [self->count++], &frame);
        } else
            dropped = true;
        zmq_msg_close (&frame);
    }
    if (dropped)
        gradmq_frames_clear (self);
    return true;
}

const void *
gradmq_frames_data (gradmq_frames_t *self, size_t index)
{
    return zmq_msg_data (&self->items [index]);
}

size_t
gradmq_frames_size (const gradmq_frames_t *self, size_t index)
{
    return zmq_msg_size (&self->items [index]);
}

uint64_t
gradmq_frames_bytes (const gradmq_frames_t *self, size_t first)
{
    uint64_t bytes = 0;
    for (size_t i = first; i < self->count; i++)
        bytes += zmq_msg_size (&self->items [i]);
    return bytes;
}

void
gradmq_frames_copy (gradmq_frames_t *self, size_t first, void *to)
{
    uint8_t *at = (uint8_t *) to;
    for (size_t i = first; i < self->count; i++) {
        size_t size = zmq_msg_size (&self->items [i]);
        if (size)
            memcpy (at, zmq_msg_data (&self->items [i]), size);
        at += size;
    }
}
