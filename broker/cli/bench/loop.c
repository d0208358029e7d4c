#include "cli/bench/loop.h"

#include <stdbool.h>

enum { LANES = 16 };

#define RATE 1e-6f
#define KEPT 0.9f

static void
s_loop_0 (size_t count, float *restrict next, const float *restrict p, const float *restrict g)
{
    for (size_t i = 0; i < count; i++)
        next [i] = p [i] - RATE * g [i];
}

static void
s_loop_0_in_place (size_t count, float *restrict p, const float *restrict g)
{
    for (size_t i = 0; i < count; i++)
        p [i] = p [i] - RATE * g [i];
}

#define STATE(s) s [i] = KEPT * s [i] + g [i];
#define LOOPS(n, PARAMETERS, BODY)                                                                 \
    static void s_loop_##n (size_t count, float *restrict next, const float *restrict p,           \
                            const float *restrict g, PARAMETERS)                                   \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            BODY next [i] = p [i] - RATE * a [i];                                                  \
        }                                                                                          \
    }                                                                                              \
    static void s_loop_##n##_in_place (size_t count, float *restrict p, const float *restrict g,   \
                                       PARAMETERS)                                                 \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            BODY p [i] = p [i] - RATE * a [i];                                                     \
        }                                                                                          \
    }

#define COMMA ,
LOOPS (1, float *restrict a, STATE (a))
LOOPS (2, float *restrict a COMMA float *restrict b, STATE (a) STATE (b))
LOOPS (3, float *restrict a COMMA float *restrict b COMMA float *restrict c,
       STATE (a) STATE (b) STATE (c))

void
gradmq_bench_loop (const gradmq_bench_arrays_t *arrays, float *next)
{
    const size_t n = arrays->count;
    float *p = arrays->p, *const *s = arrays->state;
    const float *g = arrays->g;
    const bool here = next == p;
    switch (arrays->states) {
        case 0:
            here ? s_loop_0_in_place (n, p, g) : s_loop_0 (n, next, p, g);
            break;
        case 1:
            here ? s_loop_1_in_place (n, p, g, s [0]) : s_loop_1 (n, next, p, g, s [0]);
            break;
        case 2:
            here ? s_loop_2_in_place (n, p, g, s [0], s [1])
                 : s_loop_2 (n, next, p, g, s [0], s [1]);
            break;
        default:
            here ? s_loop_3_in_place (n, p, g, s [0], s [1], s [2])
                 : s_loop_3 (n, next, p, g, s [0], s [1], s [2]);
            break;
    }
}

double
gradmq_bench_loop_read (const gradmq_bench_arrays_t *arrays, size_t states)
{
    float sums [LANES] = {0};
    const float *p = arrays->p, *g = arrays->g;
    const float *a = states > 0 ? arrays->state [0] : p;
    const float *b = states > 1 ? arrays->state [1] : g;
    for (size_t i = 0; i + LANES <= arrays->count; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            sums [j] += p [i + j] * g [i + j] + a [i + j] * b [i + j];
    double sum = 0;
    for (size_t j = 0; j < LANES; j++)
        sum += (double) sums [j];
    return sum;
}
