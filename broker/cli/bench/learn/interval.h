//  What several seeds say of a difference.

#ifndef GRADMQ_CLI_BENCH_LEARN_INTERVAL_H
#define GRADMQ_CLI_BENCH_LEARN_INTERVAL_H

#include <stddef.h>

typedef struct {
    double mean;
    double low, high;  //  of 95 %
} gradmq_interval_t;

double gradmq_mean (const double *values, size_t count);

//  Mean and interval of values [i] - baseline [i], which have the same seed.
//    `count`  2 to 31
//    source   Student's t, two-sided
gradmq_interval_t gradmq_interval (const double *values, const double *baseline, size_t count);

#endif
