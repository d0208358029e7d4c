//  A socket that is read until it is empty, and then left alone until its file descriptor says that
//  something came. To ask a ZeroMQ socket that is empty costs two system calls each time; a worker that
//  waits for the newest version would make dozens of them.
//
//  ZeroMQ's descriptor tells of what is new only, so a socket counts as empty only when a read said so,
//  and nothing else may read from it.

#ifndef GRADMQ_CLIENT_INLET_H
#define GRADMQ_CLIENT_INLET_H

#include "frames.h"

#include <poll.h>

typedef struct {
    void *socket;
    int descriptor;
    bool empty;
} gradmq_inlet_t;

//  The descriptor of a socket; -1 for none.
int gradmq_inlet_descriptor (void *socket);

//  Read from this socket from now on; NULL: from none.
void gradmq_inlet_open (gradmq_inlet_t *self, void *socket);

//  Something else was done with the socket, such as a connect, which may have taken notice of what is
//  new: it has to be read again.
void gradmq_inlet_touch (gradmq_inlet_t *self);

//  The next message, as gradmq_frames_receive; false when there is none.
bool gradmq_inlet_receive (gradmq_inlet_t *self, gradmq_frames_t *frames);

//  Wait for something on one of these, or on `others`, whose revents are filled; not at all where one
//  is not known to be empty.
//    shape   at most 3 inlets and 2 others
void gradmq_inlets_wait (gradmq_inlet_t *const *inlets, size_t count, struct pollfd *others,
                         size_t other_count, long wait_ms);

#endif
