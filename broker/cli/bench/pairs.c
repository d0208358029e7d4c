#include "cli/bench/pairs.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
s_compare (const void *left, const void *right)
{
    const double a = *(const double *) left, b = *(const double *) right;
    return (a > b) - (a < b);
}

double
gradmq_bench_quantile (double *values, size_t count, double share)
{
    if (count == 0)
        return NAN;
    qsort (values, count, sizeof *values, s_compare);
    double at = share * (double) (count - 1);
    size_t below = (size_t) at;
    if (below + 1 >= count)
        return values [count - 1];
    return values [below] + (at - (double) below) * (values [below + 1] - values [below]);
}

double
gradmq_bench_median (double *values, size_t count)
{
    return gradmq_bench_quantile (values, count, 0.5);
}

gradmq_bench_pairs_t
gradmq_bench_pairs (const double *ours, const double *theirs, size_t count)
{
    assert (count > 0 && count <= GRADMQ_BENCH_PAIRS_MOST);
    double scratch [GRADMQ_BENCH_PAIRS_MOST];
    gradmq_bench_pairs_t pairs;
    for (size_t i = 0; i < count; i++)
        scratch [i] = ours [i] / theirs [i];
    pairs.ratio = gradmq_bench_median (scratch, count);
    memcpy (scratch, ours, count * sizeof *scratch);
    pairs.value = gradmq_bench_median (scratch, count);
    memcpy (scratch, theirs, count * sizeof *scratch);
    pairs.baseline = gradmq_bench_median (scratch, count);
    return pairs;
}

size_t
gradmq_bench_turn (size_t round, size_t turn, size_t sides)
{
    return round % 2 ? sides - 1 - turn : turn;
}
