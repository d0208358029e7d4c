//  The contributions to one step, read side by side, and the one gradient that a rule makes of them.

#ifndef GRADMQ_STEP_GATHER_H
#define GRADMQ_STEP_GATHER_H

#include "step/inputs.h"

//  What a rule made: a gradient whose values are in descent's direction, with a part for each tensor
//  that had a contributor. Its values stand in the plan until the next one is made.
typedef struct {
    gradmq_gradient_t gradient;
    double limit;  //  greatest magnitude; not finite when a value is not
    gradmq_frame_t *frames;
    size_t frame_count;
    void **rows;  //  one a tensor: what the parts that are ROWS stand in, or NULL
    size_t tensor_count;
} gradmq_aggregate_t;

//    shape   inputs->count contributions that take part; near as gradmq_gather_t has it (aggregate/rule.h)
//    settings  that the rule goes by
//    owns    *self is cleared by the caller, on error too
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_gather (gradmq_aggregate_t *self, gradmq_inputs_t *inputs,
                                              const gradmq_settings_t *settings, const bool *near);
void gradmq_aggregate_clear (gradmq_aggregate_t *self);

#endif
