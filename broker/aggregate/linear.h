//  Sums of contributions, each times its weight: for the rules of this room.

#ifndef GRADMQ_AGGREGATE_LINEAR_H
#define GRADMQ_AGGREGATE_LINEAR_H

#include "aggregate/rule.h"

//  out [i] = weight [0] * x [0] [i] + weight [1] * x [1] [i] + ..., in F64, in the order of the
//  contributions, rounded to the dtype once. F32 cannot overflow on the way.
void gradmq_linear_f32 (const gradmq_gather_t *gather);
void gradmq_linear_f64 (const gradmq_gather_t *gather);

//  The weights of a mean of all: 1 / contributions. Ignores what is given.
void gradmq_linear_weigh_alike (const gradmq_settings_t *settings, const double *given,
                                size_t contributions, double *weight, size_t *trim);

#endif
