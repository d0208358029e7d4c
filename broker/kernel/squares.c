#include "kernel/kernel.h"
#include "kernel/lanes.h"

#define SQUARES(t)                                                                                 \
    GRADMQ_INLINE double gradmq_kernel_squares_##t##_body (const void *x, size_t n)                \
    {                                                                                              \
        const gradmq_##t##_t *from = x;                                                            \
        double lanes [GRADMQ_LANES] = {0};                                                         \
        size_t whole = n - n % GRADMQ_LANES;                                                       \
        for (size_t i = 0; i < whole; i += GRADMQ_LANES)                                           \
            for (size_t j = 0; j < GRADMQ_LANES; j++)                                              \
                lanes [j] += (double) from [i + j] * (double) from [i + j];                        \
        for (size_t j = 0; j < n - whole; j++)                                                     \
            lanes [j] += (double) from [whole + j] * (double) from [whole + j];                    \
        return gradmq_lanes_sum (lanes);                                                           \
    }                                                                                              \
    GRADMQ_VARIANTS (, double, gradmq_kernel_squares_##t, (const void *x, size_t n), (x, n))

SQUARES (f32)
SQUARES (f64)
