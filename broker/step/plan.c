#include "step/plan.h"

#include "kernel/kernel.h"

#include <assert.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static gradmq_layout_t *
s_hold (const gradmq_layout_t *layout)
{
    return gradmq_layout_acquire ((gradmq_layout_t *) (uintptr_t) layout);
}

static gradmq_err_t
s_no_memory (const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY,
                          "no memory for the optimizer state of a model of %" PRIu64 " bytes",
                          gradmq_layout_bytes (layout));
}

static gradmq_terms_t
s_terms (const gradmq_settings_t *settings)
{
    return (gradmq_terms_t){.momentum = settings->momentum,
                            .dampening = settings->dampening,
                            .beta1 = settings->beta1,
                            .beta2 = settings->beta2,
                            .epsilon = settings->epsilon,
                            .rho = settings->rho,
                            .initial_accumulator = settings->initial_accumulator,
                            .momentum_decay = settings->momentum_decay,
                            .trust_coefficient = settings->trust_coefficient,
                            .rate_decay = settings->rate_decay,
                            .l2 = settings->l2,
                            .weight_decay = settings->weight_decay,
                            .uncorrected = !settings->bias_correction,
                            .running = {1.0, 1.0}};
}

static void
s_fill_groups (gradmq_plan_t *self, const gradmq_settings_t *settings)
{
    self->group_count = settings->group_count + 1;
    self->plain = true;
    for (size_t i = 0; i < self->group_count; i++) {
        gradmq_plan_group_t *group = &self->groups [i];
        *group = (gradmq_plan_group_t){.terms = s_terms (settings), .rate_scale = 1.0};
        if (i) {
            const gradmq_group_t *given = &settings->groups [i - 1];
            group->rate_scale = given->rate_scale;
            group->frozen = given->frozen;
            if (given->has_l2)
                group->terms.l2 = given->l2;
            if (given->has_weight_decay)
                group->terms.weight_decay = given->weight_decay;
        }
        if (group->terms.l2 > 0 || group->terms.weight_decay > 0)
            self->plain = false;
    }
}

static gradmq_err_t
s_assign_groups (gradmq_plan_t *self, const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    for (size_t i = settings->group_count; i > 0; i--) {
        const char *pattern = settings->groups [i - 1].pattern;
        bool matched = false;
        for (size_t t = 0; t < self->tensor_count; t++)
            if (fnmatch (pattern, gradmq_layout_tensor (self->layout, t)->name, 0) == 0) {
                self->tensors [t].group = (uint32_t) i;
                matched = true;
            }
        if (!matched)
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                  "the pattern '%s' of group %zu matches no tensor of the model; "
                                  "correct it or leave the group out",
                                  pattern, i);
    }
    return GRADMQ_OK;
}

static void
s_make_runs (gradmq_plan_t *self)
{
    assert (self->tensors && self->runs);
    for (size_t t = 0; t < self->tensor_count; t++) {
        const gradmq_plan_entry_t *tensor = &self->tensors [t];
        gradmq_plan_entry_t *run = self->run_count ? &self->runs [self->run_count - 1] : NULL;
        if (run && run->group == tensor->group && !self->optimizer->trust_ratio) {
            run->elements += tensor->elements;
            run->tensors++;
        } else {
            self->runs [self->run_count] = *tensor;
            self->runs [self->run_count++].tensors = 1;
        }
    }
}

static gradmq_err_t
s_make_entries (gradmq_plan_t *self, const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    self->tensors = calloc (self->tensor_count, sizeof *self->tensors);
    self->runs = calloc (self->tensor_count, sizeof *self->runs);
    if (!self->tensors || !self->runs)
        return s_no_memory (self->layout, reason);
    for (size_t t = 0; t < self->tensor_count; t++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->layout, t);
        self->tensors [t] = (gradmq_plan_entry_t){.first = tensor->first,
                                                  .elements = tensor->elements,
                                                  .tensors = 1,
                                                  .running = {1.0, 1.0}};
    }
    s_fill_groups (self, settings);
    gradmq_err_t rc = s_assign_groups (self, settings, reason);
    if (!rc)
        s_make_runs (self);
    return rc;
}

static gradmq_err_t
s_make_state (gradmq_plan_t *self, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < self->optimizer->states; i++) {
        self->state [i] = gradmq_snapshot_new (self->pool, self->layout);
        if (!self->state [i])
            return s_no_memory (self->layout, reason);
    }
    gradmq_plan_begin (self);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_plan_open (gradmq_plan_t **self_p, const gradmq_layout_t *layout,
                  const gradmq_settings_t *settings, const gradmq_plan_t *before,
                  gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_plan_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (layout, reason);
    self->layout = s_hold (layout);
    self->real = gradmq_real (gradmq_layout_dtype (layout));
    self->optimizer = gradmq_optimizer_find (settings->optimizer);
    self->tensor_count = gradmq_layout_count (layout);
    self->even = true;
    self->pool = gradmq_pool_new (gradmq_layout_bytes (layout), 0);
    gradmq_err_t rc = GRADMQ_OK;
    if (!self->optimizer)
        rc = gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "no optimizer is named '%s'",
                            settings->optimizer);
    else if (!self->pool)
        rc = s_no_memory (layout, reason);
    if (!rc)
        rc = s_make_entries (self, settings, reason);
    if (!rc && !before)
        rc = s_make_state (self, reason);
    if (rc)
        gradmq_plan_destroy (&self);
    *self_p = self;
    return rc;
}

void
gradmq_plan_destroy (gradmq_plan_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_plan_t *self = *self_p;
    *self_p = NULL;
    for (size_t i = 0; i < GRADMQ_STATES_MAX; i++) {
        gradmq_snapshot_release (&self->state [i]);
        gradmq_snapshot_release (&self->spare [i]);
    }
    gradmq_snapshot_release (&self->aggregate);
    gradmq_pool_destroy (&self->pool);
    gradmq_layout_release (&self->layout);
    free (self->tensors);
    free (self->runs);
    free (self->spare_tensors);
    free (self->spare_runs);
    free (self);
}

//  Copy the runs' counts to their tensors.
static void
s_runs_to_tensors (gradmq_plan_t *self)
{
    gradmq_plan_entry_t *tensor = self->tensors;
    for (size_t r = 0; r < self->run_count; r++)
        for (uint32_t i = 0; i < self->runs [r].tensors; i++, tensor++) {
            tensor->count = self->runs [r].count;
            memcpy (tensor->running, self->runs [r].running, sizeof tensor->running);
        }
}

void
gradmq_plan_gather (gradmq_plan_t *self)
{
    const gradmq_plan_entry_t *tensor = self->tensors;
    self->even = true;
    for (size_t r = 0; r < self->run_count; r++) {
        gradmq_plan_entry_t *run = &self->runs [r];
        run->count = tensor->count;
        memcpy (run->running, tensor->running, sizeof run->running);
        for (uint32_t i = 0; i < run->tensors; i++, tensor++)
            if (tensor->count != run->count || tensor->running [0] != run->running [0]
                || tensor->running [1] != run->running [1])
                self->even = false;
    }
}

void
gradmq_plan_spread (gradmq_plan_t *self)
{
    if (self->even)
        s_runs_to_tensors (self);
    self->even = false;
}

void
gradmq_plan_inherit (gradmq_plan_t *self, gradmq_plan_t *before)
{
    for (size_t i = 0; i < GRADMQ_STATES_MAX; i++) {
        gradmq_snapshot_release (&self->state [i]);
        self->state [i] = before->state [i];
        before->state [i] = NULL;
    }
    self->aggregate = before->aggregate;
    before->aggregate = NULL;
    gradmq_plan_spread (before);
    for (size_t t = 0; t < self->tensor_count; t++) {
        self->tensors [t].count = before->tensors [t].count;
        memcpy (self->tensors [t].running, before->tensors [t].running,
                sizeof self->tensors [t].running);
    }
    gradmq_plan_gather (self);
}

static void
s_begin_entries (gradmq_plan_entry_t *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        entries [i].count = 0;
        entries [i].running [0] = entries [i].running [1] = 1.0;
    }
}

static void
s_fill (const gradmq_plan_t *self, size_t state, const gradmq_plan_entry_t *entry)
{
    size_t size = gradmq_layout_dtype (self->layout)->size;
    uint8_t *to = gradmq_plan_state (self, state, entry->first);
    const gradmq_terms_t *terms = &self->groups [entry->group].terms;
    const gradmq_optimizer_t *optimizer = self->optimizer;
    double value = optimizer->initial_state ? optimizer->initial_state (terms, state) : 0.0;
    uint8_t bytes [sizeof (double)];
    gradmq_layout_dtype (self->layout)->from_f64 (bytes, &value, 1);
    if (value == 0.0)
        memset (to, 0, entry->elements * size);
    else
        for (uint64_t i = 0; i < entry->elements; i++)
            memcpy (to + i * size, bytes, size);
}

void
gradmq_plan_begin (gradmq_plan_t *self)
{
    s_begin_entries (self->tensors, self->tensor_count);
    s_begin_entries (self->runs, self->run_count);
    self->even = true;
    for (size_t i = 0; i < self->optimizer->states; i++)
        for (size_t r = 0; r < self->run_count; r++)
            s_fill (self, i, &self->runs [r]);
}

void *
gradmq_plan_state (const gradmq_plan_t *self, size_t state, uint64_t element)
{
    uint8_t *bytes = gradmq_snapshot_write (self->state [state]);
    return bytes + element * gradmq_layout_dtype (self->layout)->size;
}

static bool
s_make_spares (gradmq_plan_t *self)
{
    for (size_t i = 0; i < self->optimizer->states; i++)
        if (!self->spare [i])
            self->spare [i] = gradmq_snapshot_new (self->pool, self->layout);
    for (size_t i = 0; i < self->optimizer->states; i++)
        if (!self->spare [i])
            return false;
    if (!self->spare_tensors)
        self->spare_tensors = malloc (self->tensor_count * sizeof *self->tensors);
    if (!self->spare_runs)
        self->spare_runs = malloc (self->tensor_count * sizeof *self->runs);
    return self->spare_tensors && self->spare_runs;
}

gradmq_err_t
gradmq_plan_save (gradmq_plan_t *self)
{
    if (!s_make_spares (self))
        return GRADMQ_ERR_MEMORY;
    for (size_t i = 0; i < self->optimizer->states; i++)
        memcpy (gradmq_snapshot_write (self->spare [i]), gradmq_snapshot_bytes (self->state [i]),
                gradmq_layout_bytes (self->layout));
    memcpy (self->spare_tensors, self->tensors, self->tensor_count * sizeof *self->tensors);
    memcpy (self->spare_runs, self->runs, self->run_count * sizeof *self->runs);
    self->spare_even = self->even;
    return GRADMQ_OK;
}

void
gradmq_plan_restore (gradmq_plan_t *self)
{
    for (size_t i = 0; i < self->optimizer->states; i++) {
        gradmq_snapshot_t *spare = self->spare [i];
        self->spare [i] = self->state [i];
        self->state [i] = spare;
    }
    memcpy (self->tensors, self->spare_tensors, self->tensor_count * sizeof *self->tensors);
    memcpy (self->runs, self->spare_runs, self->run_count * sizeof *self->runs);
    self->even = self->spare_even;
}

double
gradmq_plan_limit (const gradmq_plan_t *self)
{
    double most = 0.0;
    for (size_t i = 0; i < self->optimizer->states; i++) {
        double limit = self->real->limit (gradmq_snapshot_bytes (self->state [i]),
                                          (size_t) gradmq_layout_elements (self->layout));
        most = gradmq_kernel_worse (most, limit);
    }
    return most;
}

uint64_t
gradmq_plan_bytes (const gradmq_plan_t *self)
{
    uint64_t bytes = self->aggregate ? gradmq_layout_bytes (self->layout) : 0;
    for (size_t i = 0; i < GRADMQ_STATES_MAX; i++) {
        bytes += self->state [i] ? gradmq_layout_bytes (self->layout) : 0;
        bytes += self->spare [i] ? gradmq_layout_bytes (self->layout) : 0;
    }
    return bytes;
}
