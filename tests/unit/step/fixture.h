//  A model of four tensors, a step, and gradients in frames cut at odd places.

#ifndef GRADMQ_TESTS_STEP_FIXTURE_H
#define GRADMQ_TESTS_STEP_FIXTURE_H

#include "step/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TENSORS = 4, ELEMENTS = 21 + 5000 + 1 + 16, SMALL = 7 };

typedef struct {
    uint64_t now;
    gradmq_layout_t *layout;
    gradmq_model_t *model;
    gradmq_step_t *step;
    gradmq_settings_t settings;
} fixture_t;

static inline uint64_t
fixture_time (void *context)
{
    return *(uint64_t *) context;
}

//  At least -1, below 1; multiples of 1/256, so that every dtype holds them.
static inline double
fixture_value (uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double) (*seed >> 23) / 256.0 - 1.0;
}

static inline gradmq_layout_t *
fixture_layout (uint32_t dtype)
{
    static const uint64_t embed [] = {7, 3}, dense [] = {5000}, head [] = {4, 2, 2};
    const gradmq_tensor_spec_t specs [TENSORS] = {
        {"embed.w", 2, embed}, {"dense.w", 1, dense}, {"dense.b", 0, NULL}, {"head.w", 3, head}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, TENSORS, dtype, NULL), GRADMQ_OK);
    return layout;
}

//  Settings from pairs of name and text, ended by NULL, over those in force.
static inline gradmq_err_t
fixture_try (fixture_t *self, const char *const *pairs, gradmq_reason_t *reason)
{
    gradmq_settings_t change, result;
    gradmq_settings_init (&change);
    for (; *pairs; pairs += 2)
        assert_int_equal (gradmq_settings_parse (&change, pairs [0], pairs [1], NULL), GRADMQ_OK);
    const char *unset [GRADMQ_UNSET_MAX];
    size_t unset_count = 0;
    assert_int_equal (
        gradmq_resolve (&self->settings, &change, NULL, 0, &result, unset, &unset_count, NULL),
        GRADMQ_OK);
    gradmq_err_t rc = gradmq_step_set (self->step, &result, self->layout, reason);
    if (!rc)
        self->settings = result;
    return rc;
}

#define FIXTURE_SET(self, ...)                                                                     \
    assert_int_equal (fixture_try ((self), (const char *const []){__VA_ARGS__, NULL}, NULL),       \
                      GRADMQ_OK)

static inline void
fixture_load (fixture_t *self, const double *values)
{
    gradmq_frame_t frame = {(const uint8_t *) values,
                            gradmq_layout_elements (self->layout) * sizeof *values};
    gradmq_payload_t payload = {&frame, 1, frame.size};
    assert_int_equal (gradmq_step_prepare (self->step, self->layout, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_model_load (self->model, self->layout, gradmq_dtype (GRADMQ_DTYPE_F64),
                                         &payload, NULL),
                      GRADMQ_OK);
    gradmq_step_reset (self->step);
}

//  Random parameters under a layout that the fixture takes over.
static inline void
fixture_open_with (fixture_t *self, gradmq_layout_t *layout)
{
    self->now = 1000;
    self->layout = layout;
    self->model = gradmq_model_new ((gradmq_clock_t){
        .monotonic_us = fixture_time, .unix_us = fixture_time, .context = &self->now});
    self->step = gradmq_step_new ();
    gradmq_resolve_defaults (&self->settings);
    assert_int_equal (gradmq_step_set (self->step, &self->settings, NULL, NULL), GRADMQ_OK);
    uint32_t seed = 7;
    size_t count = gradmq_layout_elements (layout);
    double *values = malloc (count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values [i] = fixture_value (&seed);
    fixture_load (self, values);
    free (values);
}

static inline void
fixture_open (fixture_t *self, uint32_t dtype)
{
    fixture_open_with (self, fixture_layout (dtype));
}

//  One tensor "t" of a few elements, all at `value`.
static inline void
fixture_open_small (fixture_t *self, uint32_t dtype, double value)
{
    const uint64_t shape = SMALL;
    const gradmq_tensor_spec_t spec = {"t", 1, &shape};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, &spec, 1, dtype, NULL), GRADMQ_OK);
    fixture_open_with (self, layout);
    double values [SMALL];
    for (size_t i = 0; i < SMALL; i++)
        values [i] = value;
    fixture_load (self, values);
}

static inline void
fixture_close (fixture_t *self)
{
    gradmq_step_destroy (&self->step);
    gradmq_model_destroy (&self->model);
    gradmq_layout_release (&self->layout);
}

//  The newest parameters as doubles; free () them.
static inline double *
fixture_parameters (const fixture_t *self)
{
    size_t count = gradmq_layout_elements (self->layout);
    double *values = malloc (count * sizeof *values);
    gradmq_layout_dtype (self->layout)
        ->to_f64 (values, gradmq_snapshot_bytes (gradmq_model_newest (self->model)), count);
    return values;
}

typedef struct {
    gradmq_gradient_t gradient;
    gradmq_part_t parts [TENSORS];
    uint8_t *bytes;  //  one byte before the first, so that nothing is aligned
    size_t size;
    gradmq_frame_t *frames;
} sample_t;

static inline void
sample_open (sample_t *self, const fixture_t *fixture, uint32_t dtype)
{
    memset (self, 0, sizeof *self);
    gradmq_gradient_t *gradient = &self->gradient;
    gradient->kind = GRADMQ_KIND_GRADIENT;
    gradient->weight = gradient->loss_scale = 1.0;
    gradient->layout = gradmq_layout_id (fixture->layout);
    gradient->dtype = dtype;
    self->bytes = malloc (1 + 2 * gradmq_layout_elements (fixture->layout) * sizeof (double));
}

static inline void
sample_put (sample_t *self, uint32_t dtype, const double *values, size_t count)
{
    gradmq_dtype (dtype)->from_f64 (self->bytes + 1 + self->size, values, count);
    self->size += count * gradmq_dtype (dtype)->size;
}

//  Cut what was put into frames of `piece` bytes, the last one shorter.
static inline void
sample_cut (sample_t *self, size_t piece)
{
    self->frames = calloc (self->size / piece + 1, sizeof *self->frames);
    size_t count = 0;
    for (size_t at = 0; at < self->size; at += piece)
        self->frames [count++] = (gradmq_frame_t){
            self->bytes + 1 + at, self->size - at < piece ? self->size - at : piece};
    self->gradient.payload = (gradmq_payload_t){self->frames, count, self->size};
}

//  The whole layout, dense; dtype 0 is the master's.
static inline void
sample_whole (sample_t *self, const fixture_t *fixture, uint32_t dtype, const double *values,
              size_t piece)
{
    sample_open (self, fixture, dtype);
    uint32_t code = dtype ? dtype : gradmq_layout_dtype (fixture->layout)->code;
    sample_put (self, code, values, gradmq_layout_elements (fixture->layout));
    sample_cut (self, piece);
}

//  One more part; `rows` are NULL for DENSE. `values` are those of the part.
static inline void
sample_part (sample_t *self, const fixture_t *fixture, uint32_t tensor, uint32_t dtype,
             const uint32_t *rows, size_t row_count, const double *values)
{
    const gradmq_tensor_t *t = gradmq_layout_tensor (fixture->layout, tensor);
    gradmq_part_t *part = &self->parts [self->gradient.part_count++];
    *part = (gradmq_part_t){.tensor = tensor,
                            .encoding = rows ? GRADMQ_ENCODING_ROWS : GRADMQ_ENCODING_DENSE,
                            .dtype = gradmq_dtype (dtype),
                            .count = row_count,
                            .offset = self->size};
    self->gradient.parts = self->parts;
    if (rows)
        memcpy (self->bytes + 1 + self->size, rows, row_count * sizeof *rows);
    self->size += rows ? row_count * sizeof *rows : 0;
    sample_put (self, dtype, values, rows ? row_count * t->row : t->elements);
    part->bytes = self->size - part->offset;
}

static inline void
sample_close (sample_t *self)
{
    free (self->bytes);
    free (self->frames);
}

//  Apply one gradient, checked as the coordinator does.
static inline gradmq_outcome_t
fixture_apply (fixture_t *self, sample_t *sample, gradmq_step_report_t *report)
{
    gradmq_step_report_t unused;
    gradmq_outcome_t outcome;
    gradmq_gradient_t *gradient = &sample->gradient;
    if (gradient->part_count)
        assert_int_equal (gradmq_payload_check (&gradient->payload, self->layout, gradient->parts,
                                                gradient->part_count, NULL),
                          GRADMQ_OK);
    assert_int_equal (gradmq_step_check_values (self->step, gradient, self->layout, NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_step_apply (self->step, self->model, &gradient, 1, &outcome,
                                         report ? report : &unused),
                      1);
    return outcome;
}

//  A whole gradient in the master dtype, applied.
static inline gradmq_outcome_t
fixture_push (fixture_t *self, const double *values)
{
    sample_t sample;
    sample_whole (&sample, self, gradmq_layout_dtype (self->layout)->code, values, 1u << 20);
    gradmq_outcome_t outcome = fixture_apply (self, &sample, NULL);
    sample_close (&sample);
    return outcome;
}

#endif
