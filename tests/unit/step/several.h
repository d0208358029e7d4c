//  Several contributions to one step, and what a rule makes of them in plain doubles.

#ifndef GRADMQ_TESTS_STEP_SEVERAL_H
#define GRADMQ_TESTS_STEP_SEVERAL_H

#include "unit/step/reference.h"

enum { SEVERAL_MOST = 100 };

//  What a contribution says of each tensor.
typedef enum { SAYS_NOTHING, SAYS_ALL, SAYS_ROWS } says_t;

typedef struct {
    sample_t sample;
    says_t says [TENSORS];
    bool has [ELEMENTS];
    double x [ELEMENTS];  //  as sent; afterwards as the rule takes it
    double scale;         //  of staleness
} contribution_t;

typedef struct {
    fixture_t *f;
    size_t n;
    contribution_t *of;
    gradmq_outcome_t outcomes [SEVERAL_MOST];
    gradmq_step_report_t report;
    double g [ELEMENTS];  //  of the reference
    bool has [ELEMENTS];
    bool chosen [SEVERAL_MOST];
    bool frozen [TENSORS];
} several_t;

static inline void
several_open (several_t *self, fixture_t *f, size_t n)
{
    *self = (several_t){.f = f, .n = n, .of = calloc (n, sizeof *self->of)};
    assert_non_null (self->of);
}

static inline void
several_close (several_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        sample_close (&self->of [i].sample);
    free (self->of);
}

//  Contribution i: whole, in this dtype (0: the master's), its payload cut into frames of `piece` bytes.
static inline void
several_whole (several_t *self, size_t i, uint32_t dtype, size_t piece)
{
    contribution_t *c = &self->of [i];
    uint32_t seed = (uint32_t) (i * 7919 + 13);
    for (size_t e = 0; e < ELEMENTS; e++) {
        c->x [e] = fixture_value (&seed);
        c->has [e] = true;
    }
    for (size_t t = 0; t < TENSORS; t++)
        c->says [t] = SAYS_ALL;
    c->scale = 1;
    sample_whole (&c->sample, self->f, dtype, c->x, piece);
}

//  Rows of a tensor: those whose index, plus i, is not a multiple of `each`.
static inline void
several_rows (contribution_t *c, const fixture_t *f, size_t i, uint32_t tensor, uint32_t dtype,
              uint32_t *seed)
{
    const gradmq_tensor_t *t = gradmq_layout_tensor (f->layout, tensor);
    uint32_t rows [8];
    double values [32];
    size_t count = 0, at = 0;
    for (uint32_t row = 0; row < t->rows; row++) {
        if ((row + i) % 3 == 0)
            continue;
        rows [count++] = row;
        for (uint64_t k = 0; k < t->row; k++) {
            size_t e = t->first + row * t->row + k;
            values [at++] = c->x [e] = fixture_value (seed);
            c->has [e] = true;
        }
    }
    sample_part (&c->sample, f, tensor, dtype, rows, count, values);
}

//  Cut what was put into frames of at least `piece` bytes that end where an element or index does.
static inline void
several_cut (sample_t *self, size_t piece)
{
    size_t count = 0, begin = 0, at = 0;
    self->frames = calloc (self->size / piece + 2, sizeof *self->frames);
    for (size_t p = 0; p < self->gradient.part_count; p++) {
        const gradmq_part_t *part = &self->parts [p];
        size_t indices = part->encoding == GRADMQ_ENCODING_ROWS ? part->count : 0;
        size_t end = at + part->bytes;
        for (size_t i = 0; at < end; i++, at += i <= indices ? 4 : part->dtype->size)
            if (at - begin >= piece) {
                self->frames [count++] = (gradmq_frame_t){self->bytes + 1 + begin, at - begin};
                begin = at;
            }
    }
    self->frames [count++] = (gradmq_frame_t){self->bytes + 1 + begin, at - begin};
    self->gradient.payload = (gradmq_payload_t){self->frames, count, self->size};
}

//  Contribution i in parts: what it says of each tensor. Dtypes differ from part to part.
static inline void
several_parts (several_t *self, size_t i, const says_t says [TENSORS], size_t piece)
{
    static const uint32_t dtypes [] = {GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64, GRADMQ_DTYPE_F16,
                                       GRADMQ_DTYPE_BF16};
    contribution_t *c = &self->of [i];
    uint32_t seed = (uint32_t) (i * 104729 + 1);
    c->scale = 1;
    sample_open (&c->sample, self->f, 0);
    for (uint32_t t = 0; t < TENSORS; t++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->f->layout, t);
        uint32_t dtype = dtypes [(i + t) % 4];
        c->says [t] = says [t];
        if (says [t] == SAYS_ROWS)
            several_rows (c, self->f, i, t, dtype, &seed);
        if (says [t] != SAYS_ALL)
            continue;
        for (uint64_t e = tensor->first; e < tensor->first + tensor->elements; e++) {
            c->x [e] = fixture_value (&seed);
            c->has [e] = true;
        }
        sample_part (&c->sample, self->f, t, dtype, NULL, 0, c->x + tensor->first);
    }
    several_cut (&c->sample, piece);
}

//  --------------------------------------------------------------------------------------------
//  The reference

static inline bool
several_is (const several_t *self, const char *rule)
{
    return strcmp (self->f->settings.rule, rule) == 0;
}

static inline size_t
several_tensor (const several_t *self, size_t element)
{
    size_t t = 0;
    while (element >= gradmq_layout_tensor (self->f->layout, t)->first
                          + gradmq_layout_tensor (self->f->layout, t)->elements)
        t++;
    return t;
}

//  Shorten what is there and not frozen to this norm.
static inline void
several_clip (const several_t *self, double *x, const bool *has, double norm)
{
    double sum = 0;
    for (size_t e = 0; e < ELEMENTS; e++)
        if (has [e] && !self->frozen [several_tensor (self, e)])
            sum += x [e] * x [e];
    for (size_t e = 0; e < ELEMENTS && norm > 0 && sqrt (sum) > norm; e++)
        x [e] *= norm / sqrt (sum);
}

//  In descent's direction, clipped, scaled.
static inline void
several_transform (const several_t *self, contribution_t *c, const double *base, bool linear)
{
    const gradmq_settings_t *settings = &self->f->settings;
    const gradmq_gradient_t *gradient = &c->sample.gradient;
    for (size_t e = 0; e < ELEMENTS; e++) {
        c->x [e] /= gradient->loss_scale;
        if (gradient->kind == GRADMQ_KIND_MODEL_PARAMETERS)
            c->x [e] = base [e] - c->x [e];
        else if (gradient->kind == GRADMQ_KIND_DELTA || strcmp (settings->mode, "ascent") == 0)
            c->x [e] = -c->x [e];
        if (!c->has [e])
            c->x [e] = 0;
    }
    several_clip (self, c->x, c->has, settings->clip_norm);
    for (size_t e = 0; e < ELEMENTS && linear; e++)
        c->x [e] *= c->scale;
}

static inline int
several_by_size (const void *a, const void *b)
{
    double left = *(const double *) a, right = *(const double *) b;
    return left < right ? -1 : left > right;
}

//  The mean without the `trim` least and greatest of n values, which are sorted.
static inline double
several_middle (double *values, size_t n, size_t trim)
{
    double sum = 0;
    qsort (values, n, sizeof *values, several_by_size);
    for (size_t i = trim; i < n - trim; i++)
        sum += values [i];
    return sum / (double) (n - 2 * trim);
}

//  Squared, over what is not frozen.
static inline double
several_distance (const several_t *self, size_t i, size_t j)
{
    double sum = 0;
    for (size_t t = 0; t < TENSORS; t++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->f->layout, t);
        for (uint64_t k = 0; k < tensor->elements && !self->frozen [t]; k++) {
            double by = self->of [i].x [tensor->first + k] - self->of [j].x [tensor->first + k];
            sum += by * by;
        }
    }
    return sum;
}

//  Each contribution becomes the mean of itself and the others that fewer than n - f are nearer than.
static inline void
several_mix (several_t *self)
{
    size_t most = self->n - (size_t) self->f->settings.byzantine;
    double (*mixed) [ELEMENTS] = calloc (SEVERAL_MOST, sizeof *mixed), d [SEVERAL_MOST];
    assert_non_null (mixed);
    for (size_t i = 0; i < self->n; i++) {
        for (size_t j = 0; j < self->n; j++)
            d [j] = several_distance (self, i, j);
        for (size_t j = 0; j < self->n; j++) {
            size_t nearer = 0;
            for (size_t k = 0; k < self->n; k++)
                nearer += d [k] < d [j];
            for (size_t e = 0; e < ELEMENTS && nearer < most; e++)
                mixed [i][e] += self->of [j].x [e] / (double) most;
        }
    }
    for (size_t i = 0; i < self->n; i++)
        memcpy (self->of [i].x, mixed [i], sizeof *mixed);
    free (mixed);
}

//  Krum's choice.
static inline void
several_choose (several_t *self, size_t most)
{
    double score [SEVERAL_MOST], d [SEVERAL_MOST];
    size_t near = self->n - (size_t) self->f->settings.byzantine - 2;
    for (size_t i = 0; i < self->n; i++) {
        size_t count = 0;
        for (size_t j = 0; j < self->n; j++)
            if (j != i)
                d [count++] = several_distance (self, i, j);
        score [i] = several_middle (d, count, 0) * 0;
        for (size_t k = 0; k < near; k++)
            score [i] += d [k];
    }
    for (size_t i = 0; i < self->n; i++) {
        size_t before = 0;
        for (size_t j = 0; j < self->n; j++)
            before += score [j] < score [i];
        self->chosen [i] = before < most;
    }
}

static inline double
several_element (const several_t *self, size_t tensor, size_t e)
{
    double values [SEVERAL_MOST], sum = 0, weights = 0;
    size_t n = 0;
    for (size_t i = 0; i < self->n; i++) {
        const contribution_t *c = &self->of [i];
        if (c->says [tensor] == SAYS_NOTHING || !self->chosen [i])
            continue;
        double w = fmin (c->sample.gradient.weight, self->f->settings.max_weight);
        if (!several_is (self, "weighted_mean"))
            w = 1;
        sum += w * c->x [e];
        weights += w;
        values [n++] = c->x [e];
    }
    if (several_is (self, "sum"))
        return sum;
    if (several_is (self, "median"))
        return several_middle (values, n, (n - 1) / 2);
    if (several_is (self, "trimmed_mean"))
        return several_middle (values, n,
                               (size_t) (self->f->settings.trim_fraction * (double) n + 1e-9));
    if (several_is (self, "nnm_trimmed_mean"))
        return several_middle (values, n, (size_t) self->f->settings.byzantine);
    return sum / weights;
}

//  Of one tensor: all of it, or the rows that somebody has.
static inline void
several_apply (const several_t *self, reference_t *r, size_t tensor, double rate)
{
    const gradmq_settings_t *settings = &self->f->settings;
    const gradmq_tensor_t *t = gradmq_layout_tensor (self->f->layout, tensor);
    double decay = isnan (settings->weight_decay) ? 0 : settings->weight_decay, g [32];
    uint32_t rows [8];
    size_t count = 0;
    if (t->rows > 8 || t->elements > 32) {
        if (self->has [t->first])
            reference_step (r, tensor, self->g + t->first, rate, settings->l2, decay, NULL, 0);
        return;
    }
    for (uint32_t row = 0; row < t->rows; row++)
        if (self->has [t->first + row * t->row]) {
            memcpy (g + count * t->row, self->g + t->first + row * t->row,
                    t->row * sizeof (double));
            rows [count++] = row;
        }
    if (count)
        reference_step (r, tensor, g, rate, settings->l2, decay, rows, count);
}

//  The step by the reference; `base` is what MODEL_PARAMETERS are subtracted from.
static inline void
several_reference (several_t *self, reference_t *r, const double *base)
{
    const gradmq_settings_t *settings = &self->f->settings;
    bool linear = gradmq_optimizer_find (settings->optimizer)->scales == GRADMQ_SCALES_GRADIENT;
    double scales = 0;
    for (size_t i = 0; i < self->n; i++) {
        several_transform (self, &self->of [i], base, linear);
        scales += self->of [i].scale / (double) self->n;
        self->chosen [i] = true;
    }
    if (several_is (self, "nnm_trimmed_mean"))
        several_mix (self);
    if (several_is (self, "krum"))
        several_choose (self, 1);
    if (several_is (self, "multi_krum"))
        several_choose (self, settings->krum_selected ? (size_t) settings->krum_selected
                                                      : self->n - (size_t) settings->byzantine - 2);
    for (size_t e = 0; e < ELEMENTS; e++) {
        size_t tensor = several_tensor (self, e);
        bool dense = false, row = false;
        for (size_t i = 0; i < self->n; i++) {
            dense = dense || self->of [i].says [tensor] == SAYS_ALL;
            row = row || self->of [i].has [e];
        }
        self->has [e] = (dense || row) && !self->frozen [tensor];
        self->g [e] = self->has [e] ? several_element (self, tensor, e) : 0;
        if (settings->clip_value > 0)
            self->g [e] = fmax (-settings->clip_value, fmin (settings->clip_value, self->g [e]));
    }
    several_clip (self, self->g, self->has, settings->clip_global_norm);
    for (size_t t = 0; t < TENSORS; t++)
        several_apply (self, r, t, settings->learning_rate * (linear ? 1 : scales));
}

//  --------------------------------------------------------------------------------------------
//  The step itself

//  Every contribution has its turn, and the step is closed.
static inline void
several_step (several_t *self)
{
    const gradmq_gradient_t *list [SEVERAL_MOST];
    for (size_t i = 0; i < self->n; i++) {
        gradmq_gradient_t *gradient = &self->of [i].sample.gradient;
        list [i] = gradient;
        if (gradient->part_count)
            assert_int_equal (gradmq_payload_check (&gradient->payload, self->f->layout,
                                                    gradient->parts, gradient->part_count, NULL),
                              GRADMQ_OK);
        assert_int_equal (gradmq_step_check_values (self->f->step, gradient, self->f->layout, NULL),
                          GRADMQ_OK);
        if (!gradmq_step_turn (self->f->step, self->f->model, gradient, &self->outcomes [i]))
            fail_msg ("contribution %zu was refused: %s", i,
                      gradmq_reason_text (&self->outcomes [i].reason));
    }
    gradmq_step_close (self->f->step, self->f->model, list, self->n, self->outcomes, &self->report);
}

//  Both, and what comes out is the same.
static inline void
several_check (several_t *self, reference_t *r, const double *base, double tolerance)
{
    uint64_t version = gradmq_model_version (self->f->model);
    several_step (self);
    several_reference (self, r, base);
    assert_int_equal (self->report.steps, 1);
    assert_int_equal (gradmq_model_version (self->f->model), version + 1);
    for (size_t i = 0; i < self->n; i++) {
        assert_int_equal (self->outcomes [i].disposition,
                          self->chosen [i] ? GRADMQ_APPLIED : GRADMQ_EXCLUDED);
        assert_int_equal (self->outcomes [i].code, GRADMQ_OK);
    }
    reference_compare (r, self->f, tolerance);
}

#endif
