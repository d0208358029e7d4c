//  Benchmarks. Each compares this product with something plain in the same run, both by turns, and
//  tells the ratio. What moves bytes runs in processes of its own, forked before this one has a
//  ZeroMQ context, so that each side is alone with its allocator and its threads.

#ifndef GRADMQ_CLI_BENCH_H
#define GRADMQ_CLI_BENCH_H

#include "cli/bench/row.h"
#include "core/reason.h"

//  How to run.
typedef struct {
    bool quick;          //  fewer sizes and shorter runs
    size_t pairs;        //  runs of each side of a comparison, at least 1
    const char *daemon;  //  path of gradmqd
    const char *folder;  //  for ipc sockets
    const char *data;    //  path of digits.csv
    FILE *progress;      //  told what is measured now; NULL: nobody is
    gradmq_bench_rows_t *rows;
} gradmq_bench_t;

//  Measure and add rows.
//    errors  any; the rows that were measured before it stay
typedef gradmq_err_t (gradmq_bench_fn) (const gradmq_bench_t *bench, gradmq_reason_t *reason);

#define BENCH(name, usual, help) gradmq_bench_fn gradmq_bench_##name;
#include "cli/bench/bench.def"
#undef BENCH

typedef struct {
    const char *name;
    bool usual;        //  is run when none is named
    const char *help;  //  says so, where it is not usual
    gradmq_bench_fn *run;
} gradmq_bench_entry_t;

//  Row number `index`, NULL past the last.
const gradmq_bench_entry_t *gradmq_bench_at (size_t index);
const gradmq_bench_entry_t *gradmq_bench_find (const char *name);

//  Say on the progress stream what comes next.
void gradmq_bench_say (const gradmq_bench_t *self, const char *format, ...) GRADMQ_PRINTF (2, 3);

//  Seconds of a clock that never goes back.
double gradmq_bench_seconds (void);

void gradmq_bench_pause (int span_ms);

#endif
