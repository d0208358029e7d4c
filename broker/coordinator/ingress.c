#include "coordinator/ingress.h"

#include "coordinator/guard.h"
#include "core/handover.h"

gradmq_err_t
gradmq_ingress_frames (void *socket, gradmq_entry_t *entry, bool more)
{
    gradmq_err_t trouble = GRADMQ_OK;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close (&frame);
            return trouble ? trouble : GRADMQ_ERR_INTERNAL;
        }
        GRADMQ_TAKE_OVER (zmq_msg_data (&frame));
        more = zmq_msg_more (&frame);
        if (!trouble && entry->message_count == GRADMQ_PAYLOAD_FRAMES_MAX)
            trouble = GRADMQ_ERR_FRAMES;
        if (!trouble)
            trouble = gradmq_entry_add_frame (entry, &frame);
        zmq_msg_close (&frame);
    }
    return trouble;
}

//  Read the payload of a message that is not wanted.
static void
s_skip (void *socket, bool more)
{
    gradmq_entry_t none = {.message_room = GRADMQ_PAYLOAD_FRAMES_MAX,
                           .message_count = GRADMQ_PAYLOAD_FRAMES_MAX};
    (void) gradmq_ingress_frames (socket, &none, more);
}

//  One gradient whose header has arrived.
static void
s_take (gradmq_engine_t *engine, void *socket, zmq_msg_t *header, uint64_t *bytes)
{
    bool more = zmq_msg_more (header);
    gradmq_permit_t permit;
    const gradmq_permit_t *sender;
    gradmq_reason_t reason;
    if (gradmq_guard_sender (engine->guard, header, &permit, &sender, &reason)) {
        s_skip (socket, more);
        gradmq_engine_forbidden (engine, &reason, zmq_msg_gets (header, "Peer-Address"));
        return;
    }
    gradmq_entry_t *entry = gradmq_queue_new_entry (&engine->queue);
    if (!entry) {
        s_skip (socket, more);
        gradmq_engine_malformed (engine, GRADMQ_ERR_MEMORY, "no memory for a gradient", NULL);
        return;
    }
    gradmq_err_t trouble = gradmq_ingress_frames (socket, entry, more);
    *bytes += entry->gradient.payload.bytes;
    gradmq_admission_t admission = gradmq_engine_gradient (
        engine, &entry, sender, zmq_msg_data (header), zmq_msg_size (header), trouble, &reason);
    if (admission == GRADMQ_ADMIT_MALFORMED)
        gradmq_engine_malformed (engine, reason.code, gradmq_reason_text (&reason),
                                 zmq_msg_gets (header, "Peer-Address"));
    if (admission == GRADMQ_ADMIT_FORBIDDEN)
        gradmq_engine_forbidden (engine, &reason, zmq_msg_gets (header, "Peer-Address"));
}

size_t
gradmq_ingress_read (gradmq_engine_t *engine, void *socket, size_t messages, uint64_t bytes,
                     bool *more)
{
    size_t count = 0;
    uint64_t read = 0;
    *more = true;
    for (; count < messages && read < bytes; count++) {
        zmq_msg_t header;
        zmq_msg_init (&header);
        if (zmq_msg_recv (&header, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close (&header);
            *more = false;
            break;
        }
        GRADMQ_TAKE_OVER (zmq_msg_data (&header));
        s_take (engine, socket, &header, &read);
        zmq_msg_close (&header);
    }
    return count;
}
