//  The ends of a publish benchmark: a raw publisher beside gradmqd, and subscribers of both, a process
//  each.

#ifndef GRADMQ_CLI_BENCH_SUBSCRIBERS_H
#define GRADMQ_CLI_BENCH_SUBSCRIBERS_H

#include "cli/bench/bench.h"
#include "cli/bench/peer.h"

//  What a subscriber writes when it has something: an update, or the first mark of a publisher.
#define GRADMQ_BENCH_HAS_UPDATE 'u'
#define GRADMQ_BENCH_HAS_OURS 'o'
#define GRADMQ_BENCH_HAS_RAW 'r'

typedef struct {
    const gradmq_bench_t *bench;
    const char *transport;
    unsigned subscribers;
    uint64_t bytes;
    uint64_t steps;
    const char *payload;                           //  of the raw publisher
    char control [GRADMQ_BENCH_ENDPOINT_BYTES];    //  of gradmqd
    char updates [GRADMQ_BENCH_ENDPOINT_BYTES];    //  of gradmqd
    char gradients [GRADMQ_BENCH_ENDPOINT_BYTES];  //  of the raw publisher
    char raw [GRADMQ_BENCH_ENDPOINT_BYTES];        //  its updates
    int landed [2];                                //  pipe from the subscribers to the driver
} gradmq_bench_case_t;

//  Tells its endpoints, gradients and raw. Then for each frame that comes in an update goes out, or a
//  mark for an empty one.
gradmq_bench_role_fn gradmq_bench_publisher;

//  Subscribes to gradmqd's updates and to the raw ones, and writes a letter for what came.
gradmq_bench_role_fn gradmq_bench_subscriber;

#endif
