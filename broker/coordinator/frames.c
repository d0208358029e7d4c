#include "coordinator/frames.h"

#include "core/handover.h"

#include <string.h>

bool
gradmq_send_copy (void *socket, const void *bytes, size_t size, bool more)
{
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    return zmq_send (socket, bytes, size, flags) >= 0;
}

//  Called on an I/O thread when a frame has gone.
static void
s_release (void *bytes, void *hint)
{
    (void) bytes;
    gradmq_image_t *image = hint;
    gradmq_image_release (&image);
}

//  Send one piece that holds a reference to its image.
static bool
s_send_piece (void *socket, gradmq_image_t *image, uint64_t at, size_t size, bool more)
{
    //  zmq_msg_init_data takes void *; nobody writes through it.
    union {
        const uint8_t *from;
        void *to;
    } bytes = {.from = gradmq_image_bytes (image) + at};
    zmq_msg_t message;
    gradmq_image_acquire (image);
    if (zmq_msg_init_data (&message, bytes.to, size, s_release, image)) {
        gradmq_image_t *again = image;
        gradmq_image_release (&again);
        return false;
    }
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
    GRADMQ_HAND_OVER (bytes.to);
    if (zmq_msg_send (&message, socket, flags) >= 0)
        return true;
    zmq_msg_close (&message);
    return false;
}

bool
gradmq_send_image (void *socket, gradmq_image_t *image)
{
    uint64_t size = gradmq_image_size (image);
    if (size <= GRADMQ_SEND_COPY_BYTES)
        return gradmq_send_copy (socket, gradmq_image_bytes (image), (size_t) size, false);
    for (uint64_t at = 0; at < size;) {
        uint64_t piece = size - at;
        if (piece > GRADMQ_FRAME_BYTES_USUAL)
            piece = gradmq_image_cut (image, at + GRADMQ_FRAME_BYTES_USUAL) - at;
        if (!s_send_piece (socket, image, at, (size_t) piece, at + piece < size))
            return false;
        at += piece;
    }
    return true;
}
