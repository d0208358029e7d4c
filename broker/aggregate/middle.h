//  Means of the middle values of each element: for the rules of this room.

#ifndef GRADMQ_AGGREGATE_MIDDLE_H
#define GRADMQ_AGGREGATE_MIDDLE_H

#include "aggregate/rule.h"

//  out [i] = the mean of x [0] [i], x [1] [i] ... without the gather->trim least and greatest of
//  them: added up in F64 from the least on, rounded to the dtype once. The order of the
//  contributions does not change a bit. Ignores the weights.
//    shape  2 * trim < contributions
void gradmq_middle_f32 (const gradmq_gather_t *gather);
void gradmq_middle_f64 (const gradmq_gather_t *gather);

//  Put n numbers in order, the least first. None is NaN.
void gradmq_middle_sort (double *values, size_t n);

#endif
