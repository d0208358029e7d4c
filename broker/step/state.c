#include "step/self.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

//  No process makes more steps than a double can count.
#define S_COUNT_MOST (1ull << 53)

//  The counts that hold for each tensor: its run's, or its own.
static void
s_fill_counts (const gradmq_plan_t *plan, gradmq_step_count_t *counts)
{
    size_t t = 0;
    for (size_t r = 0; r < plan->run_count; r++)
        for (uint32_t i = 0; i < plan->runs [r].tensors; i++, t++) {
            const gradmq_plan_entry_t *entry = plan->even ? &plan->runs [r] : &plan->tensors [t];
            counts [t].count = entry->count;
            memcpy (counts [t].running, entry->running, sizeof counts [t].running);
        }
}

gradmq_err_t
gradmq_step_export (const gradmq_step_t *self, gradmq_step_state_t *state)
{
    *state = (gradmq_step_state_t){0};
    const gradmq_plan_t *plan = self->plan;
    if (!plan)
        return GRADMQ_ERR_NO_MODEL;
    state->counts = calloc (plan->tensor_count, sizeof *state->counts);
    if (!state->counts)
        return GRADMQ_ERR_MEMORY;
    state->tick = self->tick;
    state->tensor_count = plan->tensor_count;
    s_fill_counts (plan, state->counts);
    state->state_count = plan->optimizer->states;
    for (size_t i = 0; i < state->state_count; i++)
        state->states [i] = gradmq_snapshot_bytes (plan->state [i]);
    return GRADMQ_OK;
}

void
gradmq_step_state_clear (gradmq_step_state_t *self)
{
    free (self->counts);
    *self = (gradmq_step_state_t){0};
}

static gradmq_err_t
s_check_counts (const gradmq_step_state_t *state, gradmq_reason_t *reason)
{
    bool possible = state->tick < S_COUNT_MOST;
    for (size_t t = 0; t < state->tensor_count && possible; t++) {
        const gradmq_step_count_t *count = &state->counts [t];
        possible = count->count < S_COUNT_MOST;
        for (size_t i = 0; i < 2; i++)
            possible &= count->running [i] >= 0.0 && count->running [i] <= 1.0;
    }
    if (possible)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "the counts of steps are out of range");
}

//  True when no element is below 0.
static bool
s_no_negative (const gradmq_plan_t *plan, const uint8_t *bytes)
{
    const gradmq_dtype_t *dtype = gradmq_layout_dtype (plan->layout);
    uint64_t elements = gradmq_layout_elements (plan->layout);
    for (uint64_t i = 0; i < elements; i++) {
        double value;
        dtype->to_f64 (&value, bytes + i * dtype->size, 1);
        if (!(value >= 0.0))
            return false;
    }
    return true;
}

static gradmq_err_t
s_check_values (const gradmq_plan_t *plan, const gradmq_step_state_t *state,
                gradmq_reason_t *reason)
{
    size_t elements = (size_t) gradmq_layout_elements (plan->layout);
    for (size_t i = 0; i < state->state_count; i++)
        if (!isfinite (plan->real->limit (state->states [i], elements))
            || (plan->optimizer->squares [i] && !s_no_negative (plan, state->states [i])))
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                  "state %zu of optimizer %s has a value that no step makes", i,
                                  plan->optimizer->name);
    return GRADMQ_OK;
}

static gradmq_err_t
s_check (const gradmq_plan_t *plan, const gradmq_step_state_t *state, gradmq_reason_t *reason)
{
    if (!plan)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    if (state->tensor_count != plan->tensor_count || state->state_count != plan->optimizer->states)
        return gradmq_refuse (
            reason, GRADMQ_ERR_ARGUMENT,
            "state of %zu tensors, %zu a tensor; the model has %zu, and optimizer "
            "%s has %zu",
            state->tensor_count, state->state_count, plan->tensor_count, plan->optimizer->name,
            plan->optimizer->states);
    gradmq_err_t err = s_check_counts (state, reason);
    return err ? err : s_check_values (plan, state, reason);
}

//  The values of a state that was checked.
static void
s_put (gradmq_plan_t *plan, const gradmq_step_state_t *state)
{
    for (size_t i = 0; i < state->state_count; i++)
        memcpy (gradmq_snapshot_write (plan->state [i]), state->states [i],
                gradmq_layout_bytes (plan->layout));
    for (size_t t = 0; t < plan->tensor_count; t++) {
        plan->tensors [t].count = state->counts [t].count;
        memcpy (plan->tensors [t].running, state->counts [t].running,
                sizeof plan->tensors [t].running);
    }
    gradmq_plan_gather (plan);
}

gradmq_err_t
gradmq_step_import (gradmq_step_t *self, const gradmq_step_state_t *state, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_check (self->plan, state, reason);
    if (err)
        return err;
    s_put (self->plan, state);
    self->tick = state->tick;
    self->bound_known = false;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_step_prepare_restored (gradmq_step_t *self, const gradmq_settings_t *settings,
                              const gradmq_layout_t *layout, const gradmq_step_state_t *state,
                              gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_step_prepare_for (self, settings, layout, reason);
    if (!err)
        err = s_check (self->prepared, state, reason);
    if (err)
        gradmq_plan_destroy (&self->prepared);
    else
        s_put (self->prepared, state);
    return err;
}
