//  A gradient as it was sent, kept until it is settled so that the same bytes can go again.

#ifndef GRADMQ_CLIENT_KEPT_H
#define GRADMQ_CLIENT_KEPT_H

#include "buffer.h"

//  Payloads up to this long are one frame in ZeroMQ's own memory; longer ones lie in a buffer.
#define GRADMQ_KEPT_SMALL_BYTES (64u << 10)

//  All zero: nothing is kept.
typedef struct {
    zmq_msg_t header;
    zmq_msg_t small;
    gradmq_buffer_t *buffer;  //  NULL: the payload is `small`, or there is none
    bool has_header, has_small;
    uint64_t compressed;  //  generation of the compressor that made it; 0: none did
} gradmq_kept_t;

//  Begin with a header. Returns false, with nothing kept: out of memory.
bool gradmq_kept_header (gradmq_kept_t *self, const void *header, size_t size);

//  Room for a payload of at most GRADMQ_KEPT_SMALL_BYTES, above 0. NULL: out of memory.
void *gradmq_kept_small (gradmq_kept_t *self, size_t bytes);

//  The payload as it was sent. NULL: it lies nowhere, or there is none.
const void *gradmq_kept_payload (gradmq_kept_t *self);

//  Send it, once or again.
gradmq_sent_t gradmq_kept_send (gradmq_kept_t *self, void *socket);

//  True while ZeroMQ has not let go of all of it. Not known of small ones: false. `socket` is what it
//  was sent on: it lets go of what a connection held that is gone only when it is asked something.
bool gradmq_kept_leaving (const gradmq_kept_t *self, void *socket);

void gradmq_kept_clear (gradmq_kept_t *self);

#endif
