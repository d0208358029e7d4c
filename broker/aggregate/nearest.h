//  Who is near to whom: for the rules of this room.

#ifndef GRADMQ_AGGREGATE_NEAREST_H
#define GRADMQ_AGGREGATE_NEAREST_H

#include "aggregate/rule.h"

//  Fewest contributions for which krum is defined: 2 * byzantine + 3.
size_t gradmq_nearest_least (const gradmq_settings_t *settings);

//  Choose the `most` contributions with the least scores; ties go to the earlier one. The score is
//  the sum of the n - byzantine - 2 least squared distances to others, the least first.
//    shape   as in gradmq_rule_t, select
void gradmq_nearest_choose (const gradmq_settings_t *settings, const double *distances, size_t n,
                            size_t most, bool *chosen);

//  near [i * n + j]: contribution j is among the n - byzantine that are nearest to i, which is the
//  first of them.
//    shape   as in gradmq_rule_t, mix; byzantine < n
void gradmq_nearest_each (const gradmq_settings_t *settings, const double *distances, size_t n,
                          bool *near);

//  Row i of gather->mixed = the mean of the contributions near to i, added up in F64 in their order and
//  rounded to the dtype once.
//    shape   x [contributions], where the rows begin
void gradmq_nearest_mix_f32 (const gradmq_gather_t *gather, const void **x);
void gradmq_nearest_mix_f64 (const gradmq_gather_t *gather, const void **x);

#endif
