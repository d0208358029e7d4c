//  Who has the nearest others: for the rules of this room.

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

#endif
