//  One pass of the optimizer over a model for one gradient.

#ifndef GRADMQ_STEP_PASS_H
#define GRADMQ_STEP_PASS_H

#include "step/self.h"

typedef struct {
    gradmq_step_t *step;
    const gradmq_gradient_t *gradient;
    gradmq_reader_t reader;
    double rate;         //  of this step, before the groups' scales
    const uint8_t *old;  //  parameters
    uint8_t *next;       //  where the new ones go; may be `old`
    double limit;        //  greatest magnitude written; not finite when one of them is not
} gradmq_step_pass_t;

//  Do it: writes all of `next`, state and counts.
void gradmq_pass_run (gradmq_step_pass_t *self);

//  Copy a stretch of parameters as they are; past the caches for a large model. Nothing where
//  `next` is `old`.
void gradmq_step_copy (const gradmq_plan_t *plan, const uint8_t *old, uint8_t *next, uint64_t first,
                       uint64_t elements);

//  True when this model is written past the caches.
bool gradmq_step_streams (const gradmq_plan_t *plan, const uint8_t *old, const uint8_t *next);

#endif
