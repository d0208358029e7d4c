//  When a step cannot overflow, so that it may write where nothing is spared.
//
//  Let M bound the parameters and the state before the step, G the gradient (checked: at most
//  value_limit; less where clip_value says so), and g = G + l2 M what l2 makes of it. In the optimizers
//  of optimizer.def that have no trust ratio,
//    - a first moment, a velocity, a mean of steps is at most M + g, times 2 where nesterov and nadam
//      look ahead, times 1 / (1 - beta1) <= 1e6 where a bias is corrected, and divided by
//      no less than epsilon (adadelta: its root, which is more);
//    - a second moment or sum of squares is at most M + g^2; adadelta's squared step is at most
//      (M + epsilon) / (1 - rho), since its divisor holds (1 - rho) g^2, and 1 / (1 - rho) <= 1e6;
//    - a parameter moves by at most rate x (such a quotient) + rate x weight_decay x M.
//  Roundings add less than a factor of 2 to each. So when four times each of these bounds stays
//  below safe_limit, which is a thirtieth of the greatest number of the dtype or less, neither
//  results nor intermediate values overflow. The rate's factor is there on both sides, as some
//  optimizers multiply by it first.

#ifndef GRADMQ_STEP_MARGIN_H
#define GRADMQ_STEP_MARGIN_H

#include "step/plan.h"

//  True when no step (or series of steps whose rates add up to `rate`, without the groups' scales)
//  under this plan can overflow.
//    `gradient`  greatest magnitude of an element
//    `bound`     greatest magnitude among parameters and state
bool gradmq_margin_holds (const gradmq_plan_t *plan, double rate, double gradient, double bound);

#endif
