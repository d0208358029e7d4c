//  A process that tells the gradmqd of a benchmark what has to be on the disk.

#ifndef GRADMQ_CLI_BENCH_CLERK_H
#define GRADMQ_CLI_BENCH_CLERK_H

#include "cli/bench/peer.h"

#define GRADMQ_BENCH_RECORDING "bench.records"

//  What it can be told to do.
typedef enum {
    GRADMQ_BENCH_KEEP_NOTHING,      //  durability memory
    GRADMQ_BENCH_KEEP_GRADIENTS,    //  durability journal, in a file that begins now
    GRADMQ_BENCH_KEEP_CHECKPOINTS,  //  durability checkpoint, written one after the other
    GRADMQ_BENCH_CHECKPOINT,        //  write one, and wait for it
    GRADMQ_BENCH_RECORD,            //  into GRADMQ_BENCH_RECORDING of its folder
    GRADMQ_BENCH_RECORD_END,
    GRADMQ_BENCH_ORDERS
} gradmq_bench_order_t;

//  Its `argument` is the control endpoint. Tells that it is ready; gradmq_bench_clerk_do does the rest.
gradmq_bench_role_fn gradmq_bench_clerk;

//  Have it do this. On return it is done and, but for KEEP_CHECKPOINTS, no checkpoint is being written.
//    `seconds`  where not NULL: how long it took
//    errors     any
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_clerk_do (const gradmq_bench_peer_t *self,
                                                      gradmq_bench_order_t order, double *seconds,
                                                      gradmq_reason_t *reason);

#endif
