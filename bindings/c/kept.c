#include "kept.h"

#include "session.h"

#include <string.h>

bool
gradmq_kept_header (gradmq_kept_t *self, const void *header, size_t size)
{
    if (zmq_msg_init_size (&self->header, size) != 0)
        return false;
    memcpy (zmq_msg_data (&self->header), header, size);
    self->has_header = true;
    return true;
}

void *
gradmq_kept_small (gradmq_kept_t *self, size_t bytes)
{
    if (zmq_msg_init_size (&self->small, bytes) != 0)
        return NULL;
    self->has_small = true;
    return zmq_msg_data (&self->small);
}

const void *
gradmq_kept_payload (gradmq_kept_t *self)
{
    if (self->buffer)
        return gradmq_buffer_data (self->buffer);
    return self->has_small ? zmq_msg_data (&self->small) : NULL;
}

gradmq_sent_t
gradmq_kept_send (gradmq_kept_t *self, void *socket)
{
    if (self->buffer)
        return gradmq_buffer_send (self->buffer, &self->header, socket);
    return gradmq_message_send (&self->header, self->has_small ? &self->small : NULL, socket);
}

bool
gradmq_kept_leaving (const gradmq_kept_t *self, void *socket)
{
    if (self->buffer == NULL || !gradmq_buffer_shared (self->buffer))
        return false;
    (void) gradmq_socket_events (socket);
    return gradmq_buffer_shared (self->buffer);
}

void
gradmq_kept_clear (gradmq_kept_t *self)
{
    if (self->has_header)
        zmq_msg_close (&self->header);
    if (self->has_small)
        zmq_msg_close (&self->small);
    self->has_header = false;
    self->has_small = false;
    self->compressed = 0;
    gradmq_buffer_release (&self->buffer);
}
