#include "step/distances.h"

#include "core/spread.h"
#include "kernel/kernel.h"

#include <stdlib.h>

//  Over one tensor, at whose first element every input stands: the pairs from..to.
static gradmq_err_t
s_pairs (gradmq_inputs_t *inputs, size_t from, size_t to, double *distances)
{
    size_t n = inputs->count;
    const void **x = malloc (n * sizeof *x);
    if (!x)
        return GRADMQ_ERR_MEMORY;
    for (uint64_t done = 0; done < inputs->tensor->elements;) {
        uint64_t left = inputs->tensor->elements - done;
        size_t count = left < inputs->block ? (size_t) left : inputs->block;
        for (size_t i = 0; i < n; i++)
            x [i] = gradmq_input_read (inputs, &inputs->list [i], done, count);
        inputs->step->plan->real->distances (x, n, count, from, to, distances);
        done += count;
    }
    free (x);
    return GRADMQ_OK;
}

//  A tensor whose pairs are divided over threads: each reads all of it from inputs of its own, so that
//  a pair's sum has the order that it has on one thread.
typedef struct {
    const gradmq_inputs_t *whole;
    double *distances;
    size_t shares;
    gradmq_err_t rc [GRADMQ_SPREAD_MAX];
} s_shares_t;

static void
s_share (void *context, size_t share)
{
    s_shares_t *self = context;
    size_t pairs = gradmq_kernel_pairs (self->whole->count);
    size_t from = pairs * share / self->shares, to = pairs * (share + 1) / self->shares;
    gradmq_inputs_t inputs;
    self->rc [share] = gradmq_inputs_copy (&inputs, self->whole, 0);
    if (self->rc [share])
        return;
    self->rc [share] = s_pairs (&inputs, from, to, self->distances);
    gradmq_inputs_clear (&inputs);
}

static gradmq_err_t
s_spread (gradmq_inputs_t *inputs, size_t shares, double *distances)
{
    s_shares_t self = {.whole = inputs, .distances = distances, .shares = shares};
    gradmq_spread (shares, s_share, &self);
    for (size_t i = 0; i < shares; i++)
        if (self.rc [i])
            return self.rc [i];
    gradmq_inputs_skip (inputs);
    return GRADMQ_OK;
}

static gradmq_err_t
s_tensor (gradmq_inputs_t *inputs, double *distances)
{
    size_t pairs = gradmq_kernel_pairs (inputs->count), shares = gradmq_inputs_width (inputs);
    if (shares > pairs)
        shares = pairs;
    return shares > 1 ? s_spread (inputs, shares, distances)
                      : s_pairs (inputs, 0, pairs, distances);
}

gradmq_err_t
gradmq_distances (gradmq_inputs_t *inputs, double *distances)
{
    const gradmq_plan_t *plan = inputs->step->plan;
    gradmq_err_t rc = GRADMQ_OK;
    for (size_t t = 0; t < plan->tensor_count && !rc; t++) {
        gradmq_inputs_tensor (inputs, t);
        if (plan->groups [plan->tensors [t].group].frozen)
            gradmq_inputs_skip (inputs);
        else
            rc = s_tensor (inputs, distances);
    }
    gradmq_inputs_rewind (inputs);
    return rc;
}
