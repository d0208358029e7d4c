//  Sending and receiving frames without copies where that is cheaper.

#ifndef GRADMQ_COORDINATOR_FRAMES_H
#define GRADMQ_COORDINATOR_FRAMES_H

#include "coordinator/stream.h"

#include <zmq.h>

//  Send a copy of these bytes. `more`: other frames follow.
//    returns false when it could not be sent (the socket would block, or is gone)
bool gradmq_send_copy (void *socket, const void *bytes, size_t size, bool more);

//  Send an image of the parameters as frames of about 1 MiB, each holding a reference instead of a
//  copy; images of at most GRADMQ_SEND_COPY_BYTES go as a copy, which costs less than a reference.
bool gradmq_send_image (void *socket, gradmq_image_t *image);

#define GRADMQ_SEND_COPY_BYTES 8192u

#endif
