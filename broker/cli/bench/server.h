//  A gradmqd of a benchmark, as it is shipped, in a process of its own.

#ifndef GRADMQ_CLI_BENCH_SERVER_H
#define GRADMQ_CLI_BENCH_SERVER_H

#include "cli/bench/bench.h"
#include "cli/bench/peer.h"

#define GRADMQ_BENCH_MODEL "bench"

typedef struct {
    const char *transport;  //  of gradients, updates and events; control is over ipc
    const char *optimizer;
    uint64_t bytes;     //  of the model: f32 zeros in a tensor "whole" ...
    bool toe;           //  ... and, where this is set, a last one of one element, "toe"
    const char *state;  //  folder for journals, checkpoints and recordings; NULL: it keeps none
    const char *http;   //  where it answers HTTP; NULL: nowhere
} gradmq_bench_serve_t;

//  All zero: none.
typedef struct {
    gradmq_bench_peer_t peer;
    char control [GRADMQ_BENCH_ENDPOINT_BYTES];
    char updates [GRADMQ_BENCH_ENDPOINT_BYTES];
} gradmq_bench_server_t;

//  Start one, load the model, start it.
//    owns    the caller's: gradmq_bench_server_close
//    errors  CONNECT (it did not come up), MEMORY, IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_server_open (gradmq_bench_server_t *self,
                                                         const gradmq_bench_t *bench,
                                                         const gradmq_bench_serve_t *serve,
                                                         gradmq_reason_t *reason);

//  All zero is fine.
void gradmq_bench_server_close (gradmq_bench_server_t *self);

//  A number of /proc/PID/status, such as "VmRSS", in bytes; 0 when it cannot be read.
uint64_t gradmq_bench_server_memory (const gradmq_bench_server_t *self, const char *name);

//  Processor time that it has used so far, in seconds; 0 when that cannot be told.
double gradmq_bench_server_processor (const gradmq_bench_server_t *self);

//  The same of its threads whose names begin so.
double gradmq_bench_server_threads (const gradmq_bench_server_t *self, const char *prefix);

#endif
