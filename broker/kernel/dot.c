#include "kernel/kernel.h"
#include "kernel/lanes.h"

#define DOT(t)                                                                                     \
    GRADMQ_INLINE double gradmq_kernel_dot_##t##_body (const void *x, const void *y, size_t n)     \
    {                                                                                              \
        const gradmq_##t##_t *a = x, *b = y;                                                       \
        double lanes [GRADMQ_LANES] = {0};                                                         \
        size_t whole = n - n % GRADMQ_LANES;                                                       \
        for (size_t i = 0; i < whole; i += GRADMQ_LANES)                                           \
            for (size_t j = 0; j < GRADMQ_LANES; j++)                                              \
                lanes [j] += (double) a [i + j] * (double) b [i + j];                              \
        for (size_t j = 0; j < n - whole; j++)                                                     \
            lanes [j] += (double) a [whole + j] * (double) b [whole + j];                          \
        return gradmq_lanes_sum (lanes);                                                           \
    }                                                                                              \
    GRADMQ_VARIANTS (, double, gradmq_kernel_dot_##t, (const void *x, const void *y, size_t n),    \
                     (x, y, n))

DOT (f32)
DOT (f64)
