#include "cli/bench/bench.h"
#include "cli/bench/loop.h"
#include "cli/bench/pairs.h"

#include "model/model.h"
#include "optimize/optimizer.h"
#include "step/step.h"
#include "tensor/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PARAMETERS 25000000u
#define PARAMETERS_QUICK 12000000u  //  a model of 48 MB: beyond most third-level caches still
#define HUGE_PAGE (2u << 20)
#define AIM 0.85

enum { SIDES = 2 };

//  How a pass is made.
typedef enum { PASS, STEP_IN_PLACE, STEP_OUT_OF_PLACE, FORMS } s_form_t;

typedef struct {
    const gradmq_bench_t *bench;
    const gradmq_optimizer_t *optimizer;
    s_form_t form;
    gradmq_bench_arrays_t arrays;
    //  Of the step.
    gradmq_layout_t *layout;
    gradmq_model_t *model;
    gradmq_step_t *step;
    gradmq_gradient_t gradient;
    gradmq_frame_t frame;
} s_kernel_t;

//  ------------------------------------------------------------------------------------------------
//  Arrays

static gradmq_err_t
s_array (float **array_p, size_t count, float value, gradmq_reason_t *reason)
{
    size_t bytes = (count * sizeof (float) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    float *array = *array_p = aligned_alloc (HUGE_PAGE, bytes);
    if (!array)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu parameters", count);
    madvise (array, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < count; i++)
        array [i] = value;
    return GRADMQ_OK;
}

static gradmq_err_t
s_arrays (gradmq_bench_arrays_t *self, size_t count, gradmq_reason_t *reason)
{
    self->count = count;
    gradmq_err_t err = s_array (&self->p, count, 1.0f, reason);
    if (!err)
        err = s_array (&self->next, count, 1.0f, reason);
    if (!err)
        err = s_array (&self->g, count, 0.5f, reason);
    for (size_t i = 0; i < GRADMQ_BENCH_STATES_MAX && !err; i++)
        err = s_array (&self->state [i], count, 0.0f, reason);
    return err;
}

static void
s_free_arrays (gradmq_bench_arrays_t *self)
{
    free (self->p);
    free (self->next);
    free (self->g);
    for (size_t i = 0; i < GRADMQ_BENCH_STATES_MAX; i++)
        free (self->state [i]);
}

//  States that the first pass of a trust ratio reads beside parameters and gradient.
static size_t
s_norm_states (const gradmq_optimizer_t *optimizer)
{
    return strcmp (optimizer->name, "lars") == 0 ? 0 : optimizer->states;
}

//  Arrays read and written, each as often as it is.
static size_t
s_streams (const gradmq_optimizer_t *optimizer)
{
    size_t norms = optimizer->trust_ratio ? 2 + s_norm_states (optimizer) : 0;
    return norms + 2 + 1 + 2 * optimizer->states;
}

//  ------------------------------------------------------------------------------------------------
//  Runs

static gradmq_block_t
s_block (const gradmq_bench_arrays_t *arrays, size_t at, const double *factor)
{
    size_t left = arrays->count - at;
    gradmq_block_t block = {.p = arrays->p + at,
                            .p_new = arrays->p + at,
                            .g = arrays->g + at,
                            .count = left < GRADMQ_BLOCK ? left : GRADMQ_BLOCK,
                            .factor = factor};
    for (size_t i = 0; i < arrays->states; i++)
        block.state [i] = arrays->state [i] + at;
    return block;
}

static void
s_pass (s_kernel_t *self)
{
    const gradmq_optimizer_t *optimizer = self->optimizer;
    gradmq_terms_t terms = {.rate = 1e-6,
                            .momentum = 0.9,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .epsilon = 1e-8,
                            .rho = 0.9,
                            .momentum_decay = 0.004,
                            .trust_coefficient = 1e-3,
                            .count = 10,
                            .running = {1.0, 1.0}};
    double factor [GRADMQ_FACTORS_MAX] = {0}, sums [2] = {0};
    optimizer->prepare (&terms, factor);
    for (size_t at = 0; optimizer->trust_ratio && at < self->arrays.count; at += GRADMQ_BLOCK) {
        gradmq_block_t block = s_block (&self->arrays, at, factor);
        optimizer->norms_f32 (&block, sums);
    }
    if (optimizer->trust_ratio)
        optimizer->trust (&terms, sums, factor);
    for (size_t at = 0; at < self->arrays.count; at += GRADMQ_BLOCK) {
        gradmq_block_t block = s_block (&self->arrays, at, factor);
        optimizer->block_f32 (&block);
    }
}

static gradmq_err_t
s_step (s_kernel_t *self, gradmq_reason_t *reason)
{
    gradmq_snapshot_t *reader = NULL;
    if (self->form == STEP_OUT_OF_PLACE)
        reader = gradmq_snapshot_acquire (gradmq_model_newest (self->model));
    gradmq_gradient_t *gradients [] = {&self->gradient};
    gradmq_outcome_t outcome;
    gradmq_step_report_t report = {0};
    gradmq_step_apply (self->step, self->model, gradients, 1, &outcome, &report);
    gradmq_snapshot_release (&reader);
    if (outcome.disposition == GRADMQ_APPLIED)
        return GRADMQ_OK;
    return gradmq_refuse (reason, outcome.code, "%s", gradmq_reason_text (&outcome.reason));
}

static void
s_loop (s_kernel_t *self)
{
    if (self->optimizer->trust_ratio)
        gradmq_bench_loop_read (&self->arrays, s_norm_states (self->optimizer));
    bool out = self->form == STEP_OUT_OF_PLACE;
    gradmq_bench_loop (&self->arrays, out ? self->arrays.next : self->arrays.p);
}

//  Run side 0, ours, or 1 and give GB a second.
static gradmq_err_t
s_run (s_kernel_t *self, size_t side, double *speed, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    const size_t passes = self->bench->quick ? 1 : 3;
    double begin = gradmq_bench_seconds ();
    for (size_t i = 0; i < passes && !err; i++) {
        if (side == 1)
            s_loop (self);
        else if (self->form == PASS)
            s_pass (self);
        else
            err = s_step (self, reason);
    }
    double seconds = gradmq_bench_seconds () - begin;
    size_t bytes = s_streams (self->optimizer) * self->arrays.count * sizeof (float);
    *speed = (double) (passes * bytes) / seconds / 1e9;
    return err;
}

static gradmq_err_t
s_tell (const s_kernel_t *self, const gradmq_bench_pairs_t *pairs, gradmq_reason_t *reason)
{
    static const char *const names [] = {
        [PASS] = "pass", [STEP_IN_PLACE] = "step", [STEP_OUT_OF_PLACE] = "step beside"};
    gradmq_bench_row_t row = {.bench = "kernels",
                              .transport = "none",
                              .size_bytes = self->arrays.count * sizeof (float),
                              .workers = 1,
                              .unit = "GB/s",
                              .value = pairs->value,
                              .baseline = pairs->baseline,
                              .ratio = pairs->ratio,
                              .aim = AIM};
    snprintf (row.name, sizeof row.name, "%s %s / plain loop", self->optimizer->name,
              names [self->form]);
    if (gradmq_bench_rows_add (self->bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static gradmq_err_t
s_measure (s_kernel_t *self, gradmq_reason_t *reason)
{
    double speeds [SIDES][GRADMQ_BENCH_PAIRS_MOST];
    gradmq_err_t err = s_run (self, 0, &speeds [0][0], reason);
    if (!err)
        err = s_run (self, 1, &speeds [1][0], reason);
    for (size_t round = 0; round < self->bench->pairs; round++)
        for (size_t turn = 0; turn < SIDES && !err; turn++) {
            size_t side = gradmq_bench_turn (round, turn, SIDES);
            err = s_run (self, side, &speeds [side][round], reason);
        }
    if (err)
        return err;
    gradmq_bench_pairs_t pairs = gradmq_bench_pairs (speeds [0], speeds [1], self->bench->pairs);
    return s_tell (self, &pairs, reason);
}

//  ------------------------------------------------------------------------------------------------
//  The step

static gradmq_err_t
s_settle (s_kernel_t *self, gradmq_reason_t *reason)
{
    gradmq_settings_t defaults, change, settings;
    const char *unset [GRADMQ_UNSET_MAX];
    size_t unset_count;
    gradmq_resolve_defaults (&defaults);
    gradmq_settings_init (&change);
    gradmq_err_t err = gradmq_settings_parse (&change, "optimizer", self->optimizer->name, reason);
    if (!err)
        err = gradmq_resolve (&defaults, &change, NULL, 0, &settings, unset, &unset_count, reason);
    if (!err)
        err = gradmq_step_set (self->step, &settings, NULL, reason);
    return err;
}

static gradmq_err_t
s_load (s_kernel_t *self, gradmq_reason_t *reason)
{
    const uint64_t count = self->arrays.count;
    const gradmq_tensor_spec_t spec = {"whole", 1, &count};
    gradmq_err_t err = gradmq_layout_open (&self->layout, &spec, 1, GRADMQ_DTYPE_F32, reason);
    gradmq_frame_t frame = {(const uint8_t *) self->arrays.p, count * sizeof (float)};
    gradmq_payload_t payload = {&frame, 1, frame.size};
    if (!err)
        err = gradmq_step_prepare (self->step, self->layout, reason);
    if (!err)
        err = gradmq_model_load (self->model, self->layout, gradmq_dtype (GRADMQ_DTYPE_F32),
                                 &payload, reason);
    if (!err)
        gradmq_step_reset (self->step);
    return err;
}

static gradmq_err_t
s_open_step (s_kernel_t *self, gradmq_reason_t *reason)
{
    self->model = gradmq_model_new (gradmq_clock_real ());
    self->step = gradmq_step_new ();
    if (!self->model || !self->step)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = s_settle (self, reason);
    if (!err)
        err = s_load (self, reason);
    if (err)
        return err;
    gradmq_gradient_init (&self->gradient);
    self->gradient.layout = gradmq_layout_id (self->layout);
    self->frame =
        (gradmq_frame_t){(const uint8_t *) self->arrays.g, self->arrays.count * sizeof (float)};
    self->gradient.payload = (gradmq_payload_t){&self->frame, 1, self->frame.size};
    return GRADMQ_OK;
}

static void
s_close_step (s_kernel_t *self)
{
    gradmq_gradient_clear (&self->gradient);
    gradmq_step_destroy (&self->step);
    gradmq_model_destroy (&self->model);
    gradmq_layout_release (&self->layout);
}

//  ------------------------------------------------------------------------------------------------

static gradmq_err_t
s_optimizer (s_kernel_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_say (self->bench, "kernels: %s", self->optimizer->name);
    gradmq_err_t err = s_open_step (self, reason);
    //  A step holds a pass.
    self->form = self->bench->quick ? STEP_IN_PLACE : PASS;
    for (; self->form < FORMS && !err; self->form++)
        err = s_measure (self, reason);
    s_close_step (self);
    return err;
}

gradmq_err_t
gradmq_bench_kernels (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    s_kernel_t self = {.bench = bench};
    size_t count = bench->quick ? PARAMETERS_QUICK : PARAMETERS;
    gradmq_err_t err = s_arrays (&self.arrays, count, reason);
    for (size_t i = 0; !err && (self.optimizer = gradmq_optimizer_at (i)); i++) {
        self.arrays.states = self.optimizer->states;
        err = s_optimizer (&self, reason);
    }
    s_free_arrays (&self.arrays);
    return err;
}
