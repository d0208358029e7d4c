#include "cli/bench/learn/interval.h"

#include <assert.h>
#include <math.h>

//  Quantile 0.975 of Student's t, by degrees of freedom from 1 on.
static const double s_quantiles [] = {
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796,  2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423};

double
gradmq_mean (const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values [i];
    return sum / (double) count;
}

gradmq_interval_t
gradmq_interval (const double *values, const double *baseline, size_t count)
{
    assert (count >= 2 && count - 2 < sizeof s_quantiles / sizeof s_quantiles [0]);
    double mean = gradmq_mean (values, count) - gradmq_mean (baseline, count), squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double off = values [i] - baseline [i] - mean;
        squares += off * off;
    }
    double n = (double) count;
    double half = s_quantiles [count - 2] * sqrt (squares / (n - 1.0) / n);
    return (gradmq_interval_t){.mean = mean, .low = mean - half, .high = mean + half};
}
