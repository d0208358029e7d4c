//  What the tests of rules share: contributions of many magnitudes at odd addresses.

#ifndef GRADMQ_TEST_AGGREGATE_TRIAL_H
#define GRADMQ_TEST_AGGREGATE_TRIAL_H

#include "aggregate/rule.h"
#include "kernel/isa.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MOST 1100
#define CONTRIBUTIONS 33
#define SPARE 16

//  One rule's arguments and result. Contribution i begins i % 7 bytes after `x [i]`, so that no two
//  are aligned alike.
typedef struct {
    gradmq_settings_t settings;
    size_t n;
    bool wide;
    uint8_t x [CONTRIBUTIONS][MOST * 8 + SPARE];
    double given [CONTRIBUTIONS];
    bool near [CONTRIBUTIONS * CONTRIBUTIONS];
    uint8_t out [MOST * 8 + SPARE];
} s_trial_t;

static inline double
s_random (uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (*seed >> 11) / 9007199254740992.0;
}

static inline uint8_t *
s_x (s_trial_t *trial, size_t contribution)
{
    return trial->x [contribution] + contribution % 7;
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

//  Numbers of both signs and many magnitudes, zeros of both signs and equal ones among them.
static inline double
s_number (uint64_t *seed)
{
    double unit = 2 * s_random (seed) - 1, kind = s_random (seed);
    if (kind < 0.1)
        return kind < 0.05 ? -0.0 : 0.0;
    if (kind < 0.2)
        return unit < 0 ? -0.75 : 0.5;
    return ldexp (unit, (int) (kind * 20) - 12);
}

//  `count` elements of n contributions, each near to itself and to some others; the same for the same seed.
static inline void
s_fill (s_trial_t *trial, size_t n, size_t count, bool wide, uint64_t seed)
{
    memset (trial, 0x5A, sizeof *trial);
    gradmq_settings_init (&trial->settings);
    trial->n = n;
    trial->wide = wide;
    for (size_t i = 0; i < n * n; i++)
        trial->near [i] = i / n == i % n || s_random (&seed) < 0.5;
    for (size_t i = 0; i < n; i++) {
        trial->given [i] = 0.25 + 4 * s_random (&seed);
        for (size_t j = 0; j < count; j++)
            s_put (s_x (trial, i), j, wide, s_number (&seed));
    }
}

//  Elements [first, first + count) of all contributions, into out + 3 bytes.
static inline void
s_run (const gradmq_rule_t *rule, s_trial_t *trial, size_t first, size_t count)
{
    static _Alignas(64) uint8_t mixed [CONTRIBUTIONS * MOST * 8];
    const void *x [CONTRIBUTIONS];
    double weight [CONTRIBUTIONS];
    size_t size = trial->wide ? 8 : 4;
    gradmq_gather_t gather = {.x = x,
                              .weight = weight,
                              .contributions = trial->n,
                              .count = count,
                              .near = rule->mix ? trial->near : NULL,
                              .mixed = rule->mix ? mixed : NULL,
                              .out = trial->out + 3 + first * size};
    for (size_t i = 0; i < trial->n; i++)
        x [i] = s_x (trial, i) + first * size;
    rule->weigh (&trial->settings, trial->given, trial->n, weight, &gather.trim);
    (trial->wide ? rule->block_f64 : rule->block_f32) (&gather);
}

static inline double
s_result (const s_trial_t *trial, size_t index)
{
    return s_get (trial->out + 3, index, trial->wide);
}

//  Half a unit in the last place of a result of this size.
static inline double
s_half (double value, bool wide)
{
    return ldexp (fabs (value), wide ? -53 : -24);
}

#endif
