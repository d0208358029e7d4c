#include "kernel/kernel.h"
#include "kernel/lanes.h"

#define LANES GRADMQ_LANES_FEW
#define STRETCH GRADMQ_DISTANCES_STRETCH

#define DISTANCES(t)                                                                               \
    GRADMQ_INLINE void s_widen_##t (double *to, const gradmq_##t##_t *from, size_t count)          \
    {                                                                                              \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++)                                                         \
            to [i] = (double) from [i];                                                            \
    }                                                                                              \
    GRADMQ_INLINE double s_distance_##t (const double *a, const gradmq_##t##_t *b, size_t count)   \
    {                                                                                              \
        double lanes [LANES] = {0};                                                                \
        size_t whole = count - count % LANES;                                                      \
        for (size_t i = 0; i < whole; i += LANES)                                                  \
            for (size_t j = 0; j < LANES; j++) {                                                   \
                double apart = a [i + j] - (double) b [i + j];                                     \
                lanes [j] += apart * apart;                                                        \
            }                                                                                      \
        for (size_t j = 0; j < count - whole; j++) {                                               \
            double apart = a [whole + j] - (double) b [whole + j];                                 \
            lanes [j] += apart * apart;                                                            \
        }                                                                                          \
        return gradmq_lanes_fold (lanes, LANES);                                                   \
    }                                                                                              \
    GRADMQ_INLINE void s_stretch_##t (const void *const *x, size_t n, size_t at, size_t count,     \
                                      size_t from, size_t to, double *distances)                   \
    {                                                                                              \
        double wide [STRETCH];                                                                     \
        for (size_t i = 0, pair = 0; pair < to; pair += n - ++i) {                                 \
            size_t j = i + 1 + (from > pair ? from - pair : 0);                                    \
            size_t end = to - pair < n - 1 - i ? i + 1 + to - pair : n;                            \
            if (j < end)                                                                           \
                s_widen_##t (wide, (const gradmq_##t##_t *) x [i] + at, count);                    \
            for (; j < end; j++) {                                                                 \
                distances [i * n + j] +=                                                           \
                    s_distance_##t (wide, (const gradmq_##t##_t *) x [j] + at, count);             \
                distances [j * n + i] = distances [i * n + j];                                     \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_INLINE void gradmq_kernel_distances_##t##_body (                                        \
        const void *const *x, size_t n, size_t count, size_t from, size_t to, double *distances)   \
    {                                                                                              \
        for (size_t at = 0; at < count; at += STRETCH)                                             \
            s_stretch_##t (x, n, at, count - at < STRETCH ? count - at : STRETCH, from, to,        \
                           distances);                                                             \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (                                                                         \
        , gradmq_kernel_distances_##t,                                                             \
        (const void *const *x, size_t n, size_t count, size_t from, size_t to, double *distances), \
        (x, n, count, from, to, distances))

DISTANCES (f32)
DISTANCES (f64)
