#include "step/distances.h"
#include "step/gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//  A step of several contributions that is being made.
typedef struct {
    gradmq_step_t *step;
    gradmq_model_t *model;
    const gradmq_gradient_t *const *gradients;
    size_t count;
    gradmq_outcome_t *outcomes;
    gradmq_settings_t settings;  //  the step's, but for those who have shown themselves faulty
    gradmq_inputs_t inputs;
    bool *near;  //  what a rule that mixes made of the distances; else NULL
    double rate_scale;
    bool linear;  //  staleness scales gradients, not the rate
} s_close_t;

//  The step cannot be made.
static void
s_skip (gradmq_outcome_t *outcome, gradmq_err_t code)
{
    outcome->code = code;
    if (outcome->reason.code)
        return;
    (void) gradmq_refuse (&outcome->reason, code, "%s",
                          code == GRADMQ_ERR_MEMORY
                              ? "no memory for the step; the model is as it was"
                              : "a contribution's norm or the aggregate is not finite; nothing of "
                                "the step was kept");
}

//  Staleness of each, and what it makes of the rate where the optimizer is not linear: the mean of what
//  it multiplies each by.
static gradmq_err_t
s_open (s_close_t *self)
{
    uint64_t version = gradmq_model_version (self->model);
    double sum = 0.0;
    self->linear = self->step->plan->optimizer->scales == GRADMQ_SCALES_GRADIENT;
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_gradient_t *gradient = self->gradients [i];
        gradmq_outcome_t *outcome = &self->outcomes [i];
        *outcome = (gradmq_outcome_t){.disposition = GRADMQ_SKIPPED};
        outcome->staleness = gradient->has_base ? version - gradient->base_version : 0;
        sum += gradmq_step_scale (self->step, outcome->staleness);
    }
    self->rate_scale = self->linear ? 1.0 : sum / (double) self->count;
    return gradmq_inputs_open (&self->inputs, self->step, self->model, self->gradients,
                               self->count);
}

//  After clip_norm, which would undo it.
static void
s_scale (s_close_t *self)
{
    for (size_t i = 0; i < self->count && self->linear; i++)
        gradmq_input_scale (&self->inputs.list [i],
                            gradmq_step_scale (self->step, self->outcomes [i].staleness));
}

//  Leave out what the rule does not choose.
static void
s_keep_chosen (s_close_t *self, const bool *chosen)
{
    gradmq_inputs_t *inputs = &self->inputs;
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (!chosen [i]) {
            self->outcomes [i].disposition = GRADMQ_EXCLUDED;
            continue;
        }
        gradmq_input_t other = inputs->list [kept];
        inputs->list [kept++] = inputs->list [i];
        inputs->list [i] = other;  //  cleared with the others
    }
    inputs->count = kept;
}

static gradmq_err_t
s_choose (s_close_t *self, const double *distances)
{
    bool *chosen = calloc (self->count, sizeof *chosen);
    if (!chosen)
        return GRADMQ_ERR_MEMORY;
    self->step->rule->select (&self->settings, distances, self->count, chosen);
    s_keep_chosen (self, chosen);
    free (chosen);
    return GRADMQ_OK;
}

static gradmq_err_t
s_mix (s_close_t *self, const double *distances)
{
    self->near = calloc (self->count * self->count, sizeof *self->near);
    if (!self->near)
        return GRADMQ_ERR_MEMORY;
    self->step->rule->mix (&self->settings, distances, self->count, self->near);
    return GRADMQ_OK;
}

//  What the rule makes of how far the contributions are from each other.
static gradmq_err_t
s_compare (s_close_t *self)
{
    const gradmq_rule_t *rule = self->step->rule;
    if (!rule->select && !rule->mix)
        return GRADMQ_OK;
    double *distances = calloc (self->count * self->count, sizeof *distances);
    gradmq_err_t rc = distances ? gradmq_distances (&self->inputs, distances) : GRADMQ_ERR_MEMORY;
    if (!rc)
        rc = rule->select ? s_choose (self, distances) : s_mix (self, distances);
    free (distances);
    return rc;
}

static gradmq_err_t
s_gather (s_close_t *self, gradmq_aggregate_t *aggregate)
{
    double clip_norm = self->step->settings.clip_norm;
    gradmq_err_t rc = clip_norm > 0.0 ? gradmq_inputs_clip (&self->inputs, clip_norm) : GRADMQ_OK;
    s_scale (self);
    if (!rc)
        rc = s_compare (self);
    if (!rc)
        rc = gradmq_gather (aggregate, &self->inputs, &self->settings, self->near);
    if (!rc && !isfinite (aggregate->limit))
        rc = GRADMQ_ERR_NON_FINITE;
    return rc;
}

//  All contributors share what became of the step, but for those that the rule left out of one that was
//  made.
static void
s_tell (s_close_t *self, const gradmq_outcome_t *whole)
{
    for (size_t i = 0; i < self->count; i++) {
        gradmq_outcome_t *outcome = &self->outcomes [i];
        uint64_t staleness = outcome->staleness;
        if (whole->disposition == GRADMQ_APPLIED && outcome->disposition == GRADMQ_EXCLUDED)
            continue;
        *outcome = *whole;
        outcome->staleness = staleness;
    }
}

//  Who has shown itself faulty is one of those that the rule has to bear, and bears no more. More of them than it
//  was told to expect say that what it was told is wrong, and change nothing.
static void
s_count_faulty (s_close_t *self)
{
    self->settings = self->step->settings;
    if (self->step->faulty <= self->settings.byzantine)
        self->settings.byzantine -= self->step->faulty;
}

void
gradmq_step_close (gradmq_step_t *self, gradmq_model_t *model,
                   const gradmq_gradient_t *const *gradients, size_t count,
                   gradmq_outcome_t *outcomes, gradmq_step_report_t *report)
{
    s_close_t close = {
        .step = self, .model = model, .gradients = gradients, .count = count, .outcomes = outcomes};
    gradmq_outcome_t whole = {.disposition = GRADMQ_SKIPPED};
    gradmq_aggregate_t aggregate = {0};
    *report =
        (gradmq_step_report_t){.learning_rate = gradmq_step_rate (self), .gradient_norm = NAN};
    s_count_faulty (&close);
    gradmq_err_t rc = s_open (&close);
    size_t least = gradmq_rule_least (self->rule, &close.settings);
    if (!rc && count < least)
        rc = gradmq_refuse (&whole.reason, GRADMQ_ERR_STATE,
                            "rule %s needs %zu contributions; the step has %zu", self->rule->name,
                            least, count);
    if (!rc)
        rc = s_gather (&close, &aggregate);
    gradmq_step_input_t input = {.gradient = &aggregate.gradient,
                                 .aggregate = true,
                                 .limit = aggregate.limit,
                                 .rate_scale = close.rate_scale,
                                 .scale = 1.0};
    if (!rc)
        gradmq_step_single (self, model, &input, &whole, report);
    else
        s_skip (&whole, rc);
    s_tell (&close, &whole);
    gradmq_aggregate_clear (&aggregate);
    gradmq_inputs_clear (&close.inputs);
    free (close.near);
}
