#include "step/margin.h"
#include "step/pass.h"

#include "kernel/kernel.h"

#include <assert.h>
#include <math.h>

//  Gradients that are read side by side.
typedef struct {
    size_t count;
    gradmq_reader_t readers [GRADMQ_SERIES_MAX];
    double rates [GRADMQ_SERIES_MAX];  //  before the groups' scales; below 0 for ascent
} s_series_t;

bool
gradmq_step_serial (const gradmq_step_t *self, const gradmq_gradient_t *gradient)
{
    const gradmq_settings_t *settings = &self->settings;
    return settings->coalesce && self->stale == GRADMQ_STALE_NOTHING
           && self->plan->optimizer->series_f32 && self->plan->plain && !(settings->clip_norm > 0.0)
           && !(settings->clip_value > 0.0) && !(settings->clip_global_norm > 0.0)
           && gradient->kind == GRADMQ_KIND_GRADIENT && self->plan->even
           && gradmq_step_whole (gradient, self->plan->layout);
}

//  Ascent is in the sign of the rate: p - (-r) g has the bits of p - r (-g). Returns the sum of the
//  rates' magnitudes.
static double
s_open (gradmq_step_t *self, s_series_t *series, gradmq_gradient_t *const *gradients, size_t count)
{
    double sum = 0.0;
    series->count = count;
    for (size_t i = 0; i < count; i++) {
        double unscale = 1.0 / gradients [i]->loss_scale;
        if (unscale > self->plan->real->greatest)
            unscale = self->plan->real->greatest;
        gradmq_transform_t transform = {unscale, 0.0, 1.0};
        series->readers [i] = gradmq_step_reader (self, gradients [i], transform);
        series->readers [i].scratch = self->series [i];
        double rate = gradmq_step_rate_at (self, self->tick + i);
        series->rates [i] = self->descent ? rate : -rate;
        sum += rate;
    }
    return sum;
}

static double
s_run (gradmq_step_t *self, s_series_t *series, const gradmq_plan_entry_t *run, const uint8_t *old,
       uint8_t *next)
{
    const gradmq_plan_t *plan = self->plan;
    const gradmq_plan_group_t *group = &plan->groups [run->group];
    if (group->frozen) {
        for (size_t i = 0; i < series->count; i++)
            gradmq_reader_leave (&series->readers [i], run->elements);
        gradmq_step_copy (plan, old, next, run->first, run->elements);
        return 0.0;
    }
    double rates [GRADMQ_SERIES_MAX];
    const void *values [GRADMQ_SERIES_MAX];
    for (size_t i = 0; i < series->count; i++)
        rates [i] = series->rates [i] * group->rate_scale;
    size_t size = gradmq_layout_dtype (plan->layout)->size;
    bool streams = gradmq_step_streams (plan, old, next);
    double limit = 0.0;
    for (uint64_t done = 0; done < run->elements;) {
        uint64_t left = run->elements - done;
        size_t count = left < GRADMQ_STEP_SERIES_BLOCK ? (size_t) left : GRADMQ_STEP_SERIES_BLOCK;
        size_t offset = (size_t) (run->first + done) * size;
        for (size_t i = 0; i < series->count; i++)
            values [i] = gradmq_reader_read (&series->readers [i], count);
        gradmq_series_t block = {.p = old + offset,
                                 .p_new = next + offset,
                                 .g = values,
                                 .rate = rates,
                                 .gradients = series->count,
                                 .count = count};
        limit = gradmq_kernel_worse (limit, plan->real->series (plan->optimizer, &block, streams));
        done += count;
    }
    return limit;
}

static void
s_keep (gradmq_step_t *self, size_t count, double limit)
{
    for (size_t r = 0; r < self->plan->run_count; r++)
        if (!self->plan->groups [self->plan->runs [r].group].frozen)
            self->plan->runs [r].count += count;
    self->bound = limit;
    self->tick += count;
}

bool
gradmq_step_series (gradmq_step_t *self, gradmq_model_t *model, gradmq_gradient_t *const *gradients,
                    size_t count, gradmq_step_report_t *report)
{
    assert (count > 0 && count <= GRADMQ_SERIES_MAX);
    s_series_t series;
    double sum = s_open (self, &series, gradients, count);
    gradmq_step_know_bound (self, model);
    bool safe = gradmq_margin_holds (self->plan, sum, self->plan->real->value_limit, self->bound);
    gradmq_snapshot_t *next;
    if (gradmq_model_next (model, safe, &next))
        return false;
    const uint8_t *old = gradmq_snapshot_bytes (gradmq_model_newest (model));
    uint8_t *to = gradmq_snapshot_write (next);
    double limit = 0.0;
    for (size_t r = 0; r < self->plan->run_count; r++)
        limit = gradmq_kernel_worse (limit, s_run (self, &series, &self->plan->runs [r], old, to));
    if (gradmq_step_streams (self->plan, old, to))
        gradmq_kernel_stream_end ();
    if (!isfinite (limit)) {
        assert (next != gradmq_model_newest (model));
        gradmq_snapshot_release (&next);
        return false;
    }
    s_keep (self, count, limit);
    gradmq_model_commit (model, &next, count);
    *report = (gradmq_step_report_t){.steps = report->steps + count,
                                     .learning_rate = fabs (series.rates [count - 1]),
                                     .gradient_norm = NAN,
                                     .update_norm = NAN};
    return true;
}
