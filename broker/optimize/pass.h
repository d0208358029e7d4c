//  The loop around an optimizer's element: for the sources of this room only.
//
//  An optimizer's file defines ELEMENT (real), the work on one element in the type `real`. It finds
//  and changes `p` (the parameter) and `s0`, `s1`, `s2` (the states it has); it finds `g` (the
//  gradient) and `k` (the factors that `prepare` made, rounded to the type). GRADMQ_PASS makes of it
//  the two passes that the row wants, and GRADMQ_PASSES names them there.

#ifndef GRADMQ_OPTIMIZE_PASS_H
#define GRADMQ_OPTIMIZE_PASS_H

#include "kernel/variant.h"
#include "optimize/optimizer.h"

#include <math.h>

#define GRADMQ_ROOT(x) (_Generic((x), float : sqrtf, double : sqrt) (x))
#define GRADMQ_SIGN(real, x) ((real) ((x) > 0) - (real) ((x) < 0))

//  The factors of a block in the type of dtype t.
#define GRADMQ_FACTORS(t)                                                                          \
    GRADMQ_REAL_##t k [GRADMQ_FACTORS_MAX];                                                        \
    for (size_t j = 0; j < GRADMQ_FACTORS_MAX; j++)                                                \
        k [j] = (GRADMQ_REAL_##t) block->factor [j];

//  Load and store one state where the optimizer has it. `top` is the element's greatest magnitude:
//  compilers know a maximum over a loop only when it is raised once an element.
#define GRADMQ_STATE(t, states, n)                                                                 \
    GRADMQ_REAL_##t s##n = (states) > n ? ((gradmq_##t##_t *) block->state [n]) [i] : 0;           \
    (void) s##n;
#define GRADMQ_KEEP(t, states, n)                                                                  \
    if ((states) > n) {                                                                            \
        ((gradmq_##t##_t *) block->state [n]) [i] = s##n;                                          \
        GRADMQ_RAISE (top, gradmq_magnitude_##t (s##n));                                           \
    }

#define GRADMQ_PASS_OF(name, t, states, ELEMENT)                                                   \
    GRADMQ_INLINE double s_##name##_##t##_body (const gradmq_block_t *given)                       \
    {                                                                                              \
        const gradmq_block_t here = *given, *const block = &here;                                  \
        GRADMQ_FACTORS (t)                                                                         \
        const gradmq_##t##_t *old = block->p, *gradient = block->g;                                \
        gradmq_##t##_t *next = block->p_new;                                                       \
        GRADMQ_BITS_##t max = 0;                                                                   \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < here.count; i++) {                                                  \
            GRADMQ_REAL_##t p = old [i], g = gradient [i];                                         \
            GRADMQ_STATE (t, states, 0)                                                            \
            GRADMQ_STATE (t, states, 1)                                                            \
            GRADMQ_STATE (t, states, 2)                                                            \
            ELEMENT (GRADMQ_REAL_##t)                                                              \
            next [i] = p;                                                                          \
            GRADMQ_BITS_##t top = gradmq_magnitude_##t (p);                                        \
            GRADMQ_KEEP (t, states, 0)                                                             \
            GRADMQ_KEEP (t, states, 1)                                                             \
            GRADMQ_KEEP (t, states, 2)                                                             \
            GRADMQ_RAISE (max, top);                                                               \
        }                                                                                          \
        return gradmq_from_magnitude_##t (max);                                                    \
    }                                                                                              \
    GRADMQ_VARIANTS (static, double, s_##name##_##t, (const gradmq_block_t *block), (block))

#define GRADMQ_PASS(name, states, ELEMENT)                                                         \
    GRADMQ_PASS_OF (name, f32, states, ELEMENT)                                                    \
    GRADMQ_PASS_OF (name, f64, states, ELEMENT)

#define GRADMQ_PASSES(name) .block_f32 = s_##name##_f32, .block_f64 = s_##name##_f64

//  The hyper-parameters of a row, from arrays named s_reads and s_defaults.
#define GRADMQ_READS                                                                               \
    .reads = s_reads, .defaults = s_defaults, .read_count = sizeof s_reads / sizeof s_reads [0]

//  1 - beta^count: how much of a mean that began at 0 is there after `count` steps.
double gradmq_correction (double beta, uint64_t count);

#endif
