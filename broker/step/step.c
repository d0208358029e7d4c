#include "step/self.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

//  Large gradients fill the memory's bandwidth with few of them in a pass.
#define S_LARGE_BYTES (256u << 10)
#define S_LARGE_SERIES 16u

gradmq_step_t *
gradmq_step_new (void)
{
    gradmq_step_t *self = aligned_alloc (64, (sizeof (gradmq_step_t) + 63) / 64 * 64);
    if (!self)
        return NULL;
    memset (self, 0, offsetof (gradmq_step_t, raw));
    self->factors = gradmq_factors_new ();
    if (!self->factors)
        gradmq_step_destroy (&self);
    return self;
}

void
gradmq_step_destroy (gradmq_step_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_step_t *self = *self_p;
    *self_p = NULL;
    gradmq_plan_destroy (&self->plan);
    gradmq_plan_destroy (&self->prepared);
    gradmq_plan_destroy (&self->before.plan);
    gradmq_factors_destroy (&self->factors);
    free (self);
}

static gradmq_stale_t
s_stale (const char *name)
{
    if (strcmp (name, "members") == 0)
        return GRADMQ_STALE_MEMBERS;
    return strcmp (name, "inverse") == 0 ? GRADMQ_STALE_INVERSE : GRADMQ_STALE_NOTHING;
}

//  A step of `contributions` has to fit into the queue, whoever they are from: with a share of it each,
//  rounded down, fewer workers than contributions may hold just over half of it.
static gradmq_err_t
s_check_room (const gradmq_settings_t *settings, const gradmq_layout_t *layout,
              gradmq_reason_t *reason)
{
    const gradmq_policy_t *policy = gradmq_policy_find (settings->policy);
    uint64_t count = policy->contributions ? policy->contributions (settings) : 1;
    if (count == 1)
        return GRADMQ_OK;
    if (settings->queue_gradients < 2 * count)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "a step of %" PRIu64
                              " contributions needs queue_gradients of at least "
                              "%" PRIu64 "; it is %" PRIu64,
                              count, 2 * count, settings->queue_gradients);
    uint64_t most = settings->queue_bytes / (2 * count);
    if (!layout || gradmq_layout_bytes (layout) <= most)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "a step of %" PRIu64 " contributions of %" PRIu64
                          " bytes needs queue_bytes of at least 2 x that; it is %" PRIu64,
                          count, gradmq_layout_bytes (layout), settings->queue_bytes);
}

static void
s_take_settings (gradmq_step_t *self, const gradmq_settings_t *settings)
{
    if (self->set && strcmp (self->settings.schedule, settings->schedule) != 0)
        self->tick = 0;
    self->settings = *settings;
    self->set = true;
    self->descent = strcmp (settings->mode, "ascent") != 0;
    self->constant = strcmp (settings->schedule, "constant") == 0;
    self->policy = gradmq_policy_find (settings->policy);
    self->rule =
        gradmq_policy_alone (self->policy, settings) ? NULL : gradmq_rule_find (settings->rule);
    self->stale = s_stale (settings->staleness_scale);
    if (self->plan && !self->rule)
        gradmq_snapshot_release (&self->plan->aggregate);
    self->bound_known = false;
    gradmq_plan_destroy (&self->prepared);
}

//  The plan in force, when its state goes on under these settings.
static gradmq_plan_t *
s_heir_of (const gradmq_step_t *self, const gradmq_settings_t *settings,
           const gradmq_layout_t *layout)
{
    bool alike = self->plan && layout
                 && gradmq_layout_id (self->plan->layout) == gradmq_layout_id (layout)
                 && self->plan->optimizer == gradmq_optimizer_find (settings->optimizer);
    return alike ? self->plan : NULL;
}

gradmq_err_t
gradmq_step_try (gradmq_step_t *self, const gradmq_settings_t *settings,
                 const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    gradmq_step_keep (self);
    gradmq_plan_t *from = s_heir_of (self, settings, layout), *plan = NULL;
    gradmq_err_t rc = s_check_room (settings, layout, reason);
    if (!rc && layout)
        rc = gradmq_plan_open (&plan, layout, settings, from, reason);
    if (rc)
        return rc;
    self->before = (gradmq_step_before_t){self->settings, self->plan, self->tick, from != NULL};
    if (from)
        gradmq_plan_inherit (plan, from);
    self->plan = plan;
    s_take_settings (self, settings);
    return GRADMQ_OK;
}

void
gradmq_step_undo (gradmq_step_t *self)
{
    gradmq_step_before_t *before = &self->before;
    if (before->inherited)
        gradmq_plan_inherit (before->plan, self->plan);
    gradmq_plan_destroy (&self->plan);
    self->plan = before->plan;
    before->plan = NULL;
    s_take_settings (self, &before->settings);
    self->tick = before->tick;
}

void
gradmq_step_keep (gradmq_step_t *self)
{
    gradmq_plan_destroy (&self->before.plan);
}

gradmq_err_t
gradmq_step_set (gradmq_step_t *self, const gradmq_settings_t *settings,
                 const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_step_try (self, settings, layout, reason);
    if (!rc)
        gradmq_step_keep (self);
    return rc;
}

gradmq_err_t
gradmq_step_prepare_for (gradmq_step_t *self, const gradmq_settings_t *settings,
                         const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    gradmq_plan_destroy (&self->prepared);
    gradmq_err_t rc = s_check_room (settings, layout, reason);
    return rc ? rc : gradmq_plan_open (&self->prepared, layout, settings, NULL, reason);
}

gradmq_err_t
gradmq_step_prepare (gradmq_step_t *self, const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    return gradmq_step_prepare_for (self, &self->settings, layout, reason);
}

static void
s_take_prepared (gradmq_step_t *self)
{
    gradmq_plan_destroy (&self->plan);
    self->plan = self->prepared;
    self->prepared = NULL;
}

void
gradmq_step_restored (gradmq_step_t *self, const gradmq_settings_t *settings, uint64_t tick)
{
    s_take_prepared (self);
    s_take_settings (self, settings);
    self->tick = tick;
}

void
gradmq_step_reset (gradmq_step_t *self)
{
    if (self->prepared)
        s_take_prepared (self);
    else if (self->plan)
        gradmq_plan_begin (self->plan);
    self->tick = 0;
    self->bound_known = false;
}

double
gradmq_step_rate_at (const gradmq_step_t *self, uint64_t tick)
{
    if (self->constant && tick >= self->settings.warmup_steps)
        return self->settings.learning_rate;
    return gradmq_schedule_rate (&self->settings, tick);
}

static void
s_begin_outcome (gradmq_outcome_t *outcome)
{
    outcome->reason.code = GRADMQ_OK;
    outcome->reason.text [0] = 0;
    outcome->staleness = 0;
}

//  What admission's code makes of a gradient; true when it is to be applied at `version`.
static bool
s_judge (const gradmq_gradient_t *gradient, uint64_t version, gradmq_err_t code,
         gradmq_outcome_t *outcome)
{
    outcome->code = code;
    outcome->disposition = code ? GRADMQ_REFUSED : GRADMQ_SKIPPED;
    if (code)
        return false;
    if (gradient->has_base)
        outcome->staleness = version - gradient->base_version;
    return gradient->kind != GRADMQ_KIND_SKIP;
}

//  Fill what is known before anything is applied; true when it is to be applied at `version`.
static bool
s_classify (const gradmq_step_t *self, uint64_t epoch, uint64_t version,
            const gradmq_gradient_t *gradient, gradmq_outcome_t *outcome)
{
    s_begin_outcome (outcome);
    gradmq_err_t code = gradmq_step_admit_at (self, epoch, version, gradient, &outcome->reason);
    return s_judge (gradient, version, code, outcome);
}

bool
gradmq_step_turn (const gradmq_step_t *self, const gradmq_model_t *model,
                  const gradmq_gradient_t *gradient, gradmq_outcome_t *outcome)
{
    s_begin_outcome (outcome);
    gradmq_err_t code = gradmq_step_admit (self, model, gradient, &outcome->reason);
    return s_judge (gradient, gradmq_model_version (model), code, outcome);
}

void
gradmq_step_measure (gradmq_step_t *self)
{
    self->measures = true;
}

void
gradmq_step_set_members (gradmq_step_t *self, size_t members)
{
    self->members = members;
}

void
gradmq_step_set_faulty (gradmq_step_t *self, size_t faulty)
{
    self->faulty = faulty;
}

size_t
gradmq_step_faulty (const gradmq_step_t *self)
{
    return self->faulty;
}

//  How many of the first go into one pass. Each meets the version that those before it make.
static size_t
s_series_length (const gradmq_step_t *self, uint64_t epoch, uint64_t version,
                 gradmq_gradient_t *const *gradients, size_t count, gradmq_outcome_t *outcomes)
{
    size_t most = GRADMQ_SERIES_MAX;
    if (gradmq_layout_bytes (self->plan->layout) > S_LARGE_BYTES)
        most = S_LARGE_SERIES;
    if (count > most)
        count = most;
    size_t length = 0;
    while (
        length < count && gradmq_step_serial (self, gradients [length])
        && (length == 0
            || s_classify (self, epoch, version + length, gradients [length], &outcomes [length])))
        length++;
    return length;
}

size_t
gradmq_step_apply (gradmq_step_t *self, gradmq_model_t *model, gradmq_gradient_t *const *gradients,
                   size_t count, gradmq_outcome_t *outcomes, gradmq_step_report_t *report)
{
    *report = (gradmq_step_report_t){.gradient_norm = NAN, .update_norm = NAN};
    if (count == 0)
        return 0;
    assert (!self->plan
            || gradmq_layout_id (self->plan->layout)
                   == gradmq_layout_id (gradmq_model_layout (model)));
    report->learning_rate = gradmq_step_rate (self);
    uint64_t epoch = gradmq_model_epoch (model), version = gradmq_model_version (model);
    if (!s_classify (self, epoch, version, gradients [0], &outcomes [0]))
        return 1;
    size_t length =
        self->measures ? 1 : s_series_length (self, epoch, version, gradients, count, outcomes);
    if (length > 1 && gradmq_step_series (self, model, gradients, length, report)) {
        for (size_t i = 0; i < length; i++)
            outcomes [i].disposition = GRADMQ_APPLIED;
        return length;
    }
    double scale = gradmq_step_scale (self, outcomes [0].staleness);
    bool linear = self->plan->optimizer->scales == GRADMQ_SCALES_GRADIENT;
    gradmq_step_input_t input = {.gradient = gradients [0],
                                 .rate_scale = linear ? 1.0 : scale,
                                 .scale = linear ? scale : 1.0};
    gradmq_step_single (self, model, &input, &outcomes [0], report);
    return 1;
}

size_t
gradmq_step_members (const gradmq_step_t *self)
{
    return self->members;
}

const gradmq_settings_t *
gradmq_step_settings (const gradmq_step_t *self)
{
    return &self->settings;
}

double
gradmq_step_rate (const gradmq_step_t *self)
{
    return self->set ? gradmq_step_rate_at (self, self->tick) : 0.0;
}

uint64_t
gradmq_step_tick (const gradmq_step_t *self)
{
    return self->tick;
}

uint64_t
gradmq_step_state_bytes (const gradmq_step_t *self)
{
    return self->plan ? gradmq_plan_bytes (self->plan) : 0;
}
