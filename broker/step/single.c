#include "step/margin.h"
#include "step/pass.h"

#include "kernel/kernel.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const gradmq_dtype_t *
gradmq_step_dtype (const gradmq_gradient_t *gradient, const gradmq_layout_t *layout)
{
    if (gradient->part_count)
        return gradient->parts [0].dtype;
    return gradient->dtype ? gradmq_dtype (gradient->dtype) : gradmq_layout_dtype (layout);
}

bool
gradmq_step_whole (const gradmq_gradient_t *gradient, const gradmq_layout_t *layout)
{
    if (gradient->part_count == 0)
        return true;
    if (gradient->part_count != gradmq_layout_count (layout))
        return false;
    for (size_t i = 0; i < gradient->part_count; i++)
        if (gradient->parts [i].encoding != GRADMQ_ENCODING_DENSE
            || gradient->parts [i].dtype != gradient->parts [0].dtype)
            return false;
    return true;
}

bool
gradmq_step_complete (const gradmq_gradient_t *gradient, const gradmq_layout_t *layout)
{
    if (gradient->part_count && gradient->part_count != gradmq_layout_count (layout))
        return false;
    for (size_t i = 0; i < gradient->part_count; i++)
        if (gradient->parts [i].encoding == GRADMQ_ENCODING_ROWS)
            return false;
    return true;
}

gradmq_reader_t
gradmq_step_reader (gradmq_step_t *self, const gradmq_gradient_t *gradient,
                    gradmq_transform_t transform)
{
    const gradmq_layout_t *layout = self->plan->layout;
    return (gradmq_reader_t){.payload = &gradient->payload,
                             .dtype = gradmq_step_dtype (gradient, layout),
                             .master = gradmq_layout_dtype (layout),
                             .real = self->plan->real,
                             .transform = transform,
                             .scratch = self->gradient,
                             .raw = self->raw,
                             .factors = self->factors};
}

//  Blocks begin where their tensor, or with ROWS their row, does.
static double
s_squares (gradmq_reader_t *reader, uint64_t elements)
{
    double sum = 0.0;
    while (elements) {
        size_t count = elements < GRADMQ_BLOCK ? (size_t) elements : GRADMQ_BLOCK;
        sum += reader->real->squares (gradmq_reader_read (reader, count), count);
        elements -= count;
    }
    return sum;
}

static double
s_part_squares (gradmq_reader_t *reader, const gradmq_part_t *part, const gradmq_tensor_t *tensor)
{
    if (!part || part->encoding != GRADMQ_ENCODING_ROWS)
        return s_squares (reader, tensor->elements);
    gradmq_reader_skip (reader, part->count * sizeof (uint32_t));
    double sum = 0.0;
    for (uint64_t i = 0; i < part->count; i++)
        sum += s_squares (reader, tensor->row);
    return sum;
}

double
gradmq_step_norm (const gradmq_step_t *self, const gradmq_gradient_t *gradient,
                  gradmq_reader_t reader)
{
    const gradmq_plan_t *plan = self->plan;
    size_t count = gradient->part_count ? gradient->part_count : plan->tensor_count;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        const gradmq_part_t *part = gradient->part_count ? &gradient->parts [i] : NULL;
        size_t index = part ? part->tensor : i;
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (plan->layout, index);
        if (part)
            gradmq_reader_part (&reader, part, tensor);
        if (plan->groups [plan->tensors [index].group].frozen)
            gradmq_reader_leave (&reader, tensor->elements);
        else
            sum += s_part_squares (&reader, part, tensor);
    }
    return sqrt (sum);
}

//  A loss_scale so small that 1 / loss_scale is beyond the dtype goes only with zeros (their values
//  were checked), which stay zeros under any finite factor.
double
gradmq_step_unscale (const gradmq_step_t *self, const gradmq_gradient_t *gradient)
{
    double factor = 1.0 / gradient->loss_scale;
    if (factor > self->plan->real->greatest)
        factor = self->plan->real->greatest;
    if (gradient->kind == GRADMQ_KIND_DELTA)
        return -factor;
    return self->descent || gradient->kind != GRADMQ_KIND_GRADIENT ? factor : -factor;
}

double
gradmq_step_scale (const gradmq_step_t *self, uint64_t staleness)
{
    double by = (double) staleness;
    if (self->stale == GRADMQ_STALE_NOTHING)
        return 1.0;
    if (self->stale == GRADMQ_STALE_MEMBERS)
        by /= self->members ? (double) self->members : 1.0;
    return by > 1.0 ? 1.0 / by : 1.0;
}

//  Rule Y-1 up to clip_global_norm; *norm is the one that was needed last.
static gradmq_transform_t
s_transform (gradmq_step_t *self, const gradmq_step_input_t *input, double *norm)
{
    const gradmq_settings_t *settings = &self->settings;
    const gradmq_gradient_t *gradient = input->gradient;
    gradmq_transform_t transform = GRADMQ_TRANSFORM_NONE;
    *norm = NAN;
    if (!input->aggregate)
        transform.first = gradmq_step_unscale (self, gradient);
    if (!input->aggregate && settings->clip_norm > 0.0) {
        *norm = gradmq_step_norm (self, gradient, gradmq_step_reader (self, gradient, transform));
        if (*norm > settings->clip_norm)
            transform.first *= settings->clip_norm / *norm;
    }
    transform.first *= input->scale;
    transform.clamp = settings->clip_value;
    if (settings->clip_global_norm > 0.0 || self->measures)
        *norm = gradmq_step_norm (self, gradient, gradmq_step_reader (self, gradient, transform));
    if (settings->clip_global_norm > 0.0 && *norm > settings->clip_global_norm)
        transform.second = settings->clip_global_norm / *norm;
    return transform;
}

void
gradmq_step_know_bound (gradmq_step_t *self, const gradmq_model_t *model)
{
    if (self->bound_known)
        return;
    const gradmq_plan_t *plan = self->plan;
    const void *parameters = gradmq_snapshot_bytes (gradmq_model_newest (model));
    double limit = plan->real->limit (parameters, (size_t) gradmq_layout_elements (plan->layout));
    self->bound = gradmq_kernel_worse (limit, gradmq_plan_limit (plan));
    self->bound_known = true;
}

//  True when nothing can overflow: see margin.h.
static bool
s_safe (gradmq_step_t *self, const gradmq_model_t *model, const gradmq_step_input_t *input,
        double rate)
{
    gradmq_step_know_bound (self, model);
    double gradient = input->aggregate ? input->limit : self->plan->real->value_limit;
    if (self->settings.clip_value > 0.0 && self->settings.clip_value < gradient)
        gradient = self->settings.clip_value;
    return gradmq_margin_holds (self->plan, rate, gradient, self->bound);
}

static void
s_skip (gradmq_outcome_t *outcome, gradmq_err_t code, const char *text)
{
    outcome->disposition = GRADMQ_SKIPPED;
    outcome->code = gradmq_refuse (&outcome->reason, code, "%s", text);
}

//  Where the step may fail it writes to another buffer and spares the state.
static gradmq_err_t
s_begin (gradmq_step_t *self, gradmq_model_t *model, bool safe, gradmq_snapshot_t **next)
{
    if (!safe) {
        gradmq_err_t rc = gradmq_plan_save (self->plan);
        if (rc)
            return rc;
    }
    bool beside =
        self->measures && gradmq_layout_bytes (self->plan->layout) <= GRADMQ_STEP_MEASURED_BYTES;
    return gradmq_model_next (model, safe && !beside, next);
}

//  The norm of what the step changed.
static double
s_update_norm (gradmq_step_t *self, const gradmq_step_pass_t *pass)
{
    const gradmq_layout_t *layout = self->plan->layout;
    uint64_t elements = gradmq_layout_elements (layout);
    size_t size = gradmq_layout_dtype (layout)->size;
    double sum = 0.0;
    for (uint64_t done = 0; done < elements;) {
        uint64_t left = elements - done;
        size_t count = left < GRADMQ_BLOCK ? (size_t) left : GRADMQ_BLOCK;
        memcpy (self->gradient, pass->next + done * size, count * size);
        self->plan->real->add (self->gradient, pass->old + done * size, -1.0, count);
        sum += self->plan->real->squares (self->gradient, count);
        done += count;
    }
    return sqrt (sum);
}

static void
s_keep_bound (gradmq_step_t *self, const gradmq_gradient_t *gradient, double limit)
{
    if (gradmq_step_whole (gradient, self->plan->layout))
        self->bound = limit;
    else
        self->bound = gradmq_kernel_worse (self->bound, limit);
}

void
gradmq_step_single (gradmq_step_t *self, gradmq_model_t *model, const gradmq_step_input_t *input,
                    gradmq_outcome_t *outcome, gradmq_step_report_t *report)
{
    const gradmq_gradient_t *gradient = input->gradient;
    double rate = gradmq_step_rate_at (self, self->tick) * input->rate_scale, norm;
    if (gradmq_factors_reserve (self->factors, self->plan->layout,
                                gradmq_layout_dtype (self->plan->layout), gradient->parts,
                                gradient->part_count, NULL)) {
        s_skip (outcome, GRADMQ_ERR_MEMORY, "no memory for the step; the model is as it was");
        return;
    }
    gradmq_transform_t transform = s_transform (self, input, &norm);
    bool needed = self->settings.clip_global_norm > 0.0
                  || (self->settings.clip_norm > 0.0 && !input->aggregate);
    if (needed && isinf (norm)) {
        s_skip (outcome, GRADMQ_ERR_NON_FINITE, "the gradient's norm is beyond F64");
        return;
    }
    bool safe = s_safe (self, model, input, rate);
    gradmq_snapshot_t *next;
    if (s_begin (self, model, safe, &next)) {
        s_skip (outcome, GRADMQ_ERR_MEMORY, "no memory for the step; the model is as it was");
        return;
    }
    gradmq_step_pass_t pass = {.step = self,
                               .gradient = gradient,
                               .reader = gradmq_step_reader (self, gradient, transform),
                               .rate = rate,
                               .old = gradmq_snapshot_bytes (gradmq_model_newest (model)),
                               .next = gradmq_snapshot_write (next)};
    gradmq_pass_run (&pass);
    if (!isfinite (pass.limit)) {
        assert (!safe);
        gradmq_plan_restore (self->plan);
        gradmq_snapshot_release (&next);
        s_skip (outcome, GRADMQ_ERR_NON_FINITE,
                "the step's result would not be finite; nothing of it was kept");
        return;
    }
    double update = self->measures && pass.next != pass.old ? s_update_norm (self, &pass) : NAN;
    self->measures = false;
    s_keep_bound (self, gradient, pass.limit);
    gradmq_model_commit (model, &next, 1);
    self->tick++;
    outcome->disposition = GRADMQ_APPLIED;
    *report = (gradmq_step_report_t){.steps = report->steps + 1,
                                     .learning_rate = rate,
                                     .gradient_norm = norm,
                                     .update_norm = update};
}
