//  How far the contributions to one step are from each other.

#ifndef GRADMQ_STEP_DISTANCES_H
#define GRADMQ_STEP_DISTANCES_H

#include "step/inputs.h"

//  Squared distances between all inputs, over the tensors that are not frozen, as kernel/kernel.h has
//  them. The same bits on however many threads.
//    shape   distances [inputs->count * inputs->count], all 0
//    owns    inputs stand before the first tensor, and do so again afterwards
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_distances (gradmq_inputs_t *inputs, double *distances);

#endif
