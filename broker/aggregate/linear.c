#include "aggregate/linear.h"

#include "kernel/variant.h"

//  Elements at a time: their sums stay in the first-level cache.
#define TILE 512u

#define LINEAR(t)                                                                                  \
    GRADMQ_INLINE void s_one_##t (double *sum, const gradmq_##t##_t *x, double weight,             \
                                  size_t count)                                                    \
    {                                                                                              \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++)                                                         \
            sum [i] = sum [i] + weight * (double) x [i];                                           \
    }                                                                                              \
    GRADMQ_INLINE void s_four_##t (double *sum, const void *const *x, size_t at,                   \
                                   const double *weight, size_t count)                             \
    {                                                                                              \
        const gradmq_##t##_t *x0 = x [0], *x1 = x [1], *x2 = x [2], *x3 = x [3];                   \
        double w0 = weight [0], w1 = weight [1], w2 = weight [2], w3 = weight [3];                 \
        x0 += at, x1 += at, x2 += at, x3 += at;                                                    \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            double all = sum [i] + w0 * (double) x0 [i];                                           \
            all = all + w1 * (double) x1 [i];                                                      \
            all = all + w2 * (double) x2 [i];                                                      \
            sum [i] = all + w3 * (double) x3 [i];                                                  \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_INLINE void s_tile_##t (const gradmq_gather_t *gather, size_t at, size_t count)         \
    {                                                                                              \
        double sum [TILE] = {0};                                                                   \
        size_t i = 0;                                                                              \
        for (; i + 4 <= gather->contributions; i += 4)                                             \
            s_four_##t (sum, gather->x + i, at, gather->weight + i, count);                        \
        for (; i < gather->contributions; i++)                                                     \
            s_one_##t (sum, (const gradmq_##t##_t *) gather->x [i] + at, gather->weight [i],       \
                       count);                                                                     \
        gradmq_##t##_t *out = (gradmq_##t##_t *) gather->out + at;                                 \
        GRADMQ_LOOP                                                                                \
        for (size_t j = 0; j < count; j++)                                                         \
            out [j] = (GRADMQ_REAL_##t) sum [j];                                                   \
    }                                                                                              \
    GRADMQ_INLINE void gradmq_linear_##t##_body (const gradmq_gather_t *gather)                    \
    {                                                                                              \
        for (size_t at = 0; at < gather->count; at += TILE) {                                      \
            size_t left = gather->count - at;                                                      \
            s_tile_##t (gather, at, left < TILE ? left : TILE);                                    \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_linear_##t, (const gradmq_gather_t *gather), (gather))

LINEAR (f32)
LINEAR (f64)

void
gradmq_linear_weigh_alike (const gradmq_settings_t *settings, const double *given,
                           size_t contributions, double *weight, size_t *trim)
{
    (void) settings;
    (void) given;
    for (size_t i = 0; i < contributions; i++)
        weight [i] = 1 / (double) contributions;
    *trim = 0;
}
