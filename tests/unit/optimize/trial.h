//  One block of one optimizer with all its arrays: what the tests of passes share.

#ifndef GRADMQ_TEST_OPTIMIZE_TRIAL_H
#define GRADMQ_TEST_OPTIMIZE_TRIAL_H

#include "kernel/kernel.h"
#include "optimize/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MOST 4096
#define SPARE 16

//  Arrays of one trial, in bytes so that any address can be had.
typedef struct {
    uint8_t p [MOST * 8 + SPARE], next [MOST * 8 + SPARE], g [MOST * 8 + SPARE];
    uint8_t state [GRADMQ_STATES_MAX][MOST * 8 + SPARE];
    double sums [2];
    double limit;
} s_trial_t;

static const gradmq_terms_t s_terms = {.rate = 0.01,
                                       .momentum = 0.9,
                                       .dampening = 0.1,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-8,
                                       .rho = 0.95,
                                       .initial_accumulator = 0.1,
                                       .momentum_decay = 4e-3,
                                       .trust_coefficient = 0.02,
                                       .rate_decay = 0.01,
                                       .l2 = 0.003,
                                       .weight_decay = 0.02,
                                       .count = 3,
                                       .running = {0.5, 1}};

static inline double
s_random (uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (*seed >> 11) / 9007199254740992.0;
}

static inline void
s_put (void *at, size_t index, bool wide, double value)
{
    if (wide)
        memcpy ((char *) at + index * 8, &value, 8);
    else
        memcpy ((char *) at + index * 4, &(float){(float) value}, 4);
}

static inline double
s_get (const void *at, size_t index, bool wide)
{
    double value;
    float narrow;
    if (wide)
        return memcpy (&value, (const char *) at + index * 8, 8), value;
    return memcpy (&narrow, (const char *) at + index * 4, 4), (double) narrow;
}

static inline void
s_fill (s_trial_t *trial, size_t offset, size_t n, bool wide)
{
    uint64_t seed = 7 + n;
    memset (trial, 0, sizeof *trial);
    for (size_t i = 0; i < n; i++) {
        s_put (trial->p + offset, i, wide, s_random (&seed) * 2 - 1);
        s_put (trial->g + offset, i, wide, s_random (&seed) * 0.2 - 0.1);
        for (size_t j = 0; j < GRADMQ_STATES_MAX; j++)
            s_put (trial->state [j] + offset, i, wide, s_random (&seed));
    }
}

//  Both passes over elements [first, first + n).
static inline void
s_run (const gradmq_optimizer_t *optimizer, s_trial_t *trial, size_t offset, size_t first, size_t n,
       bool wide, bool in_place)
{
    gradmq_terms_t terms = s_terms;
    double factor [GRADMQ_FACTORS_MAX] = {0};
    size_t at = offset + first * (wide ? 8 : 4);
    gradmq_block_t block = {
        .p = trial->p + at,
        .p_new = in_place ? trial->p + at : trial->next + at,
        .g = trial->g + at,
        .state = {trial->state [0] + at, trial->state [1] + at, trial->state [2] + at},
        .count = n,
        .factor = factor};
    optimizer->prepare (&terms, factor);
    if (optimizer->trust_ratio) {
        (wide ? optimizer->norms_f64 : optimizer->norms_f32) (&block, trial->sums);
        optimizer->trust (&terms, (const double [2]){1, 2}, factor);
    }
    double limit = (wide ? optimizer->block_f64 : optimizer->block_f32) (&block);
    if (limit > trial->limit)
        trial->limit = limit;
}

static inline void
s_assert_same (const gradmq_optimizer_t *row, const s_trial_t *a, const s_trial_t *b,
               const char *what)
{
    if (memcmp (a->next, b->next, sizeof a->next) != 0
        || memcmp (a->state, b->state, sizeof a->state) != 0 || !(a->sums [0] == b->sums [0])
        || !(a->sums [1] == b->sums [1]) || !(a->limit == b->limit))
        fail_msg ("%s: %s changes bits", row->name, what);
}

#endif
