#include "inlet.h"

#include <assert.h>
#include <string.h>
#include <zmq.h>

enum { INLETS_MOST = 3, OTHERS_MOST = 2 };

int
gradmq_inlet_descriptor (void *socket)
{
    int descriptor = -1;
    size_t size = sizeof descriptor;
    if (socket == NULL || zmq_getsockopt (socket, ZMQ_FD, &descriptor, &size) != 0)
        return -1;
    return descriptor;
}

void
gradmq_inlet_open (gradmq_inlet_t *self, void *socket)
{
    self->socket = socket;
    self->descriptor = gradmq_inlet_descriptor (socket);
    self->empty = socket == NULL;
}

void
gradmq_inlet_touch (gradmq_inlet_t *self)
{
    self->empty = self->socket == NULL;
}

bool
gradmq_inlet_receive (gradmq_inlet_t *self, gradmq_frames_t *frames)
{
    if (self->empty)
        return false;
    self->empty = !gradmq_frames_receive (frames, self->socket);
    return !self->empty;
}

void
gradmq_inlets_wait (gradmq_inlet_t *const *inlets, size_t count, struct pollfd *others,
                    size_t other_count, long wait_ms)
{
    struct pollfd items [INLETS_MOST + OTHERS_MOST];
    assert (count <= INLETS_MOST && other_count <= OTHERS_MOST);
    for (size_t i = 0; i < count; i++) {
        //  A negative descriptor is passed over.
        items [i] = (struct pollfd){.fd = inlets [i]->descriptor, .events = POLLIN};
        if (!inlets [i]->empty)
            wait_ms = 0;
    }
    if (other_count)
        memcpy (items + count, others, other_count * sizeof *others);
    int timeout = wait_ms > 60000 ? 60000 : (int) wait_ms;
    if (poll (items, count + other_count, timeout) <= 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (items [i].revents)
            inlets [i]->empty = false;
    if (other_count)
        memcpy (others, items + count, other_count * sizeof *others);
}
