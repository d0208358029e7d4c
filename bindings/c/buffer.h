//  Payloads that outlive a call: reference-counted buffers out of a pool that keeps them warm, since
//  the pages of a fresh large buffer cost more than filling it. ZeroMQ holds one reference a frame
//  and drops it on its I/O thread.

#ifndef GRADMQ_CLIENT_BUFFER_H
#define GRADMQ_CLIENT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

typedef struct gradmq_buffers gradmq_buffers_t;
typedef struct gradmq_buffer gradmq_buffer_t;

//  NULL: out of memory.
gradmq_buffers_t *gradmq_buffers_new (void);

//  Drop it; it goes once its last buffer came back. Nulls *self_p; NULL is fine.
void gradmq_buffers_destroy (gradmq_buffers_t **self_p);

//  A buffer of at least `bytes`, one reference, not cut.
//    owns    the caller's: gradmq_buffer_release. NULL: out of memory
//    thread  any
gradmq_buffer_t *gradmq_buffers_take (gradmq_buffers_t *self, uint64_t bytes);

//  The same around memory of somebody else.
//    owns    takes `data`: `release (data, context)` is called with the last reference, on any
//            thread. On NULL nothing was taken.
gradmq_buffer_t *gradmq_buffers_wrap (gradmq_buffers_t *self, void *data, uint64_t bytes,
                                      void (*release) (void *data, void *context), void *context);

gradmq_buffer_t *gradmq_buffer_acquire (gradmq_buffer_t *self);

//  Nulls *self_p; NULL and *NULL are fine.
void gradmq_buffer_release (gradmq_buffer_t **self_p);

//  Give wrapped memory back to whom it belongs, without calling `release`, and drop the reference.
void gradmq_buffer_disown (gradmq_buffer_t **self_p);

void *gradmq_buffer_data (gradmq_buffer_t *self);
uint64_t gradmq_buffer_bytes (const gradmq_buffer_t *self);

//  True while somebody beside the caller holds a reference: ZeroMQ, as long as it is not all sent.
bool gradmq_buffer_shared (const gradmq_buffer_t *self);

//  Cut the next `bytes` of the buffer into frames that end at a multiple of `unit` of them: call once
//  for each run of elements of one size, in order; the runs share frames.
//    errors  false: out of memory
bool gradmq_buffer_cut (gradmq_buffer_t *self, uint64_t bytes, size_t unit);

//  How a message was taken.
typedef enum {
    GRADMQ_SENT,    //  it is ZeroMQ's now
    GRADMQ_AGAIN,   //  nothing was taken: no peer, or no room
    GRADMQ_BROKEN,  //  the connection went while it was handed over: it may be lost
    GRADMQ_FAILED   //  no memory, or the socket is gone: nothing was taken
} gradmq_sent_t;

//  Send a message: `header`, then the frames.
//    owns    *header is the caller's still
gradmq_sent_t gradmq_buffer_send (gradmq_buffer_t *self, zmq_msg_t *header, void *socket);

//  The same for what is one frame or none: `payload` may be NULL.
gradmq_sent_t gradmq_message_send (zmq_msg_t *header, zmq_msg_t *payload, void *socket);

#endif
