//  The two ends of an ingest benchmark: those who send and the one who receives, a process each.

#ifndef GRADMQ_CLI_BENCH_SENDERS_H
#define GRADMQ_CLI_BENCH_SENDERS_H

#include "cli/bench/peer.h"

#include <stdint.h>

//  How gradients are moved.
typedef enum {
    GRADMQ_BENCH_OURS,     //  client library to gradmqd
    GRADMQ_BENCH_TUNED,    //  PUSH/PULL with our frames and our settings of the allocator
    GRADMQ_BENCH_DEFAULT,  //  PUSH/PULL, one frame, everything as it comes
    GRADMQ_BENCH_STREAM,   //  a plain socket, calls of 1 MiB
    GRADMQ_BENCH_WAYS
} gradmq_bench_way_t;

typedef struct {
    gradmq_bench_way_t way;
    char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES];  //  OURS: control
    unsigned senders;
    unsigned index;       //  of this sender
    const char *payload;  //  made before the fork, so that all processes share its pages
    uint64_t bytes;       //  of a gradient
    int mark;             //  high-water mark; 0: ZeroMQ's own
} gradmq_bench_ends_t;

//  A sender. Tells that it is ready, then each time that it hears a count sends so many gradients,
//  waits until they are settled (OURS) and tells that.
gradmq_bench_role_fn gradmq_bench_sender;

//  Senders of gradmqd, in `peers`: ends->senders of them, all zero before. Each is ready on return.
//    owns    the caller's, on error too: gradmq_bench_peer_close
//    errors  any
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_senders_open (gradmq_bench_peer_t *peers,
                                                          const gradmq_bench_ends_t *ends,
                                                          gradmq_reason_t *reason);

//  Each sends so many gradients. Returns when all are settled.
//    errors  any; TIMEOUT after two minutes
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_senders_push (const gradmq_bench_peer_t *peers,
                                                          unsigned count, uint64_t gradients,
                                                          gradmq_reason_t *reason);

//  The receiver of TUNED, DEFAULT and STREAM. Tells its endpoint, then each time that it hears a
//  count receives so many gradients and tells that.
gradmq_bench_role_fn gradmq_bench_receiver;

#endif
