//  Runs of two sides by turns. A machine that is busy with something else slows neighbouring runs
//  alike, so the ratio of each pair is taken before the median.

#ifndef GRADMQ_CLI_BENCH_PAIRS_H
#define GRADMQ_CLI_BENCH_PAIRS_H

#include <stddef.h>

#define GRADMQ_BENCH_PAIRS_MOST 1000

//  The value below which `share` (0 to 1) of `values` lies: between two of them in proportion.
//  Sorts `values`. NAN without any.
double gradmq_bench_quantile (double *values, size_t count, double share);

//  The median. Sorts `values`; of an even number the mean of the two in the middle.
double gradmq_bench_median (double *values, size_t count);

//  Side by side: ours [i] and theirs [i] were measured one right after the other.
typedef struct {
    double value, baseline;  //  medians
    double ratio;            //  median of ours [i] / theirs [i]
} gradmq_bench_pairs_t;

//    shape   count is 1 to GRADMQ_BENCH_PAIRS_MOST
gradmq_bench_pairs_t gradmq_bench_pairs (const double *ours, const double *theirs, size_t count);

//  Which of `sides` runs as number `turn` of round `round`: every other round goes backwards, so
//  that no side always comes first.
size_t gradmq_bench_turn (size_t round, size_t turn, size_t sides);

#endif
