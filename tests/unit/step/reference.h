//  The optimizers once more, in plain doubles: what a step has to give.

#ifndef GRADMQ_TESTS_STEP_REFERENCE_H
#define GRADMQ_TESTS_STEP_REFERENCE_H

#include "unit/step/fixture.h"

typedef struct {
    const gradmq_settings_t *settings;
    const gradmq_layout_t *layout;
    double *p;
    double *s [3];
    uint64_t count [TENSORS];
    double product [TENSORS];  //  nadam's
} reference_t;

static inline bool
reference_is (const reference_t *self, const char *optimizer)
{
    return strcmp (self->settings->optimizer, optimizer) == 0;
}

static inline void
reference_open (reference_t *self, const fixture_t *fixture)
{
    memset (self, 0, sizeof *self);
    self->settings = &fixture->settings;
    self->layout = fixture->layout;
    self->p = fixture_parameters (fixture);
    size_t count = gradmq_layout_elements (fixture->layout);
    for (size_t i = 0; i < 3; i++)
        self->s [i] = calloc (count, sizeof (double));
    for (size_t i = 0; i < count; i++) {
        if (reference_is (self, "adagrad"))
            self->s [0][i] = self->settings->initial_accumulator;
        if (reference_is (self, "yogi"))
            self->s [1][i] = self->settings->initial_accumulator;
    }
    for (size_t t = 0; t < TENSORS; t++)
        self->product [t] = 1.0;
}

static inline void
reference_close (reference_t *self)
{
    free (self->p);
    for (size_t i = 0; i < 3; i++)
        free (self->s [i]);
}

static inline double
reference_sign (double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

//  adam and its kin: what is subtracted, before the rate. Changes the state.
static inline double
reference_adam (reference_t *self, size_t i, double g, uint64_t count)
{
    const gradmq_settings_t *c = self->settings;
    double *m = &self->s [0][i], *v = &self->s [1][i];
    *m = c->beta1 * *m + (1 - c->beta1) * g;
    if (reference_is (self, "yogi"))
        *v -= (1 - c->beta2) * reference_sign (*v - g * g) * g * g;
    else
        *v = c->beta2 * *v + (1 - c->beta2) * g * g;
    if (reference_is (self, "yogi"))
        return *m / (sqrt (*v) + c->epsilon);
    double most = *v;
    if (reference_is (self, "amsgrad"))
        most = self->s [2][i] = fmax (self->s [2][i], *v);
    double mean = *m / (1 - pow (c->beta1, (double) count));
    return mean / (sqrt (most / (1 - pow (c->beta2, (double) count))) + c->epsilon);
}

static inline double
reference_nadam (reference_t *self, size_t i, double g, uint64_t count, double product)
{
    const gradmq_settings_t *c = self->settings;
    double *m = &self->s [0][i], *v = &self->s [1][i];
    double now = c->beta1 * (1 - 0.5 * pow (0.96, (double) count * c->momentum_decay));
    double next = c->beta1 * (1 - 0.5 * pow (0.96, (double) (count + 1) * c->momentum_decay));
    *m = c->beta1 * *m + (1 - c->beta1) * g;
    *v = c->beta2 * *v + (1 - c->beta2) * g * g;
    double top = (1 - now) * g / (1 - product) + next * *m / (1 - product * next);
    return top / (sqrt (*v / (1 - pow (c->beta2, (double) count))) + c->epsilon);
}

//  The others but lars and lamb.
static inline double
reference_plain (reference_t *self, size_t i, double g, uint64_t count)
{
    const gradmq_settings_t *c = self->settings;
    double *a = &self->s [0][i], *b = &self->s [1][i];
    if (reference_is (self, "momentum"))
        return *a = count == 1 ? g : c->momentum * *a + (1 - c->dampening) * g;
    if (reference_is (self, "nesterov")) {
        *a = c->momentum * *a + g;
        return g + c->momentum * *a;
    }
    if (reference_is (self, "adagrad")) {
        *a += g * g;
        return g / (1 + (double) (count - 1) * c->rate_decay) / (sqrt (*a) + c->epsilon);
    }
    if (reference_is (self, "rmsprop")) {
        *a = c->rho * *a + (1 - c->rho) * g * g;
        return g / (sqrt (*a) + c->epsilon);
    }
    if (reference_is (self, "adadelta")) {
        *a = c->rho * *a + (1 - c->rho) * g * g;
        double d = sqrt (*b + c->epsilon) / sqrt (*a + c->epsilon) * g;
        *b = c->rho * *b + (1 - c->rho) * d * d;
        return d;
    }
    if (reference_is (self, "lion")) {
        double d = reference_sign (c->beta1 * *a + (1 - c->beta1) * g);
        *a = c->beta2 * *a + (1 - c->beta2) * g;
        return d;
    }
    return g;
}

static inline double
reference_update (reference_t *self, size_t tensor, size_t i, double g)
{
    uint64_t count = self->count [tensor];
    if (reference_is (self, "nadam"))
        return reference_nadam (self, i, g, count, self->product [tensor]);
    if (reference_is (self, "adam") || reference_is (self, "adamw")
        || reference_is (self, "amsgrad") || reference_is (self, "yogi")
        || reference_is (self, "lamb"))
        return reference_adam (self, i, g, count);
    return reference_plain (self, i, g, count);
}

//  lars: velocity of what the ratio makes of the gradient.
static inline void
reference_lars (reference_t *self, const gradmq_tensor_t *t, const double *g, double rate,
                double l2)
{
    const gradmq_settings_t *c = self->settings;
    double pp = 0, gg = 0;
    for (uint64_t i = 0; i < t->elements; i++) {
        pp += self->p [t->first + i] * self->p [t->first + i];
        gg += g [i] * g [i];
    }
    double ratio =
        pp > 0 && gg > 0 ? c->trust_coefficient * sqrt (pp) / (sqrt (gg) + l2 * sqrt (pp)) : 1;
    for (uint64_t i = 0; i < t->elements; i++) {
        double *p = &self->p [t->first + i], *v = &self->s [0][t->first + i];
        *v = c->momentum * *v + rate * ratio * (g [i] + l2 * *p);
        *p -= *v;
    }
}

static inline void
reference_lamb (reference_t *self, const gradmq_tensor_t *t, size_t tensor, const double *g,
                double rate, double decay)
{
    double pp = 0, uu = 0;
    double *u = malloc (t->elements * sizeof *u);
    for (uint64_t i = 0; i < t->elements; i++) {
        size_t at = t->first + i;
        u [i] = reference_update (self, tensor, at, g [i]) + decay * self->p [at];
        pp += self->p [at] * self->p [at];
        uu += u [i] * u [i];
    }
    double ratio = pp > 0 && uu > 0 ? sqrt (pp / uu) : 1;
    for (uint64_t i = 0; i < t->elements; i++)
        self->p [t->first + i] -= rate * ratio * u [i];
    free (u);
}

//  One tensor's step; `rows` are NULL for all of them, else g holds these rows only.
static inline void
reference_step (reference_t *self, size_t tensor, const double *g, double rate, double l2,
                double decay, const uint32_t *rows, size_t row_count)
{
    const gradmq_tensor_t *t = gradmq_layout_tensor (self->layout, tensor);
    uint64_t count = ++self->count [tensor];
    const gradmq_settings_t *c = self->settings;
    if (reference_is (self, "nadam"))
        self->product [tensor] *=
            c->beta1 * (1 - 0.5 * pow (0.96, (double) count * c->momentum_decay));
    if (reference_is (self, "lars")) {
        reference_lars (self, t, g, rate, l2);
        return;
    }
    if (reference_is (self, "lamb")) {
        reference_lamb (self, t, tensor, g, rate, decay);
        return;
    }
    uint64_t most = rows ? row_count * t->row : t->elements;
    for (uint64_t i = 0; i < most; i++) {
        size_t at = t->first + (rows ? rows [i / t->row] * t->row + i % t->row : i);
        double u = reference_update (self, tensor, at, g [i] + l2 * self->p [at]);
        self->p [at] = self->p [at] * (1 - rate * decay) - rate * u;
    }
}

//  All tensors.
static inline void
reference_whole (reference_t *self, const double *g, double rate, double l2, double decay)
{
    for (size_t t = 0; t < TENSORS; t++)
        reference_step (self, t, g + gradmq_layout_tensor (self->layout, t)->first, rate, l2, decay,
                        NULL, 0);
}

static inline void
reference_compare (const reference_t *self, const fixture_t *fixture, double tolerance)
{
    double *got = fixture_parameters (fixture);
    for (size_t i = 0; i < gradmq_layout_elements (self->layout); i++)
        if (!(fabs (got [i] - self->p [i]) <= tolerance * (1 + fabs (self->p [i]))))
            fail_msg ("%s: element %zu is %.17g and should be %.17g", self->settings->optimizer, i,
                      got [i], self->p [i]);
    free (got);
}

#endif
