#include "kernel/kernel.h"
#include "kernel/variant.h"

#define LIMIT(t)                                                                                   \
    GRADMQ_INLINE double gradmq_kernel_limit_##t##_body (const void *x, size_t n)                  \
    {                                                                                              \
        const gradmq_##t##_t *from = x;                                                            \
        GRADMQ_BITS_##t max = 0;                                                                   \
        for (size_t i = 0; i < n; i++)                                                             \
            GRADMQ_RAISE (max, gradmq_magnitude_##t (from [i]));                                   \
        return gradmq_from_magnitude_##t (max);                                                    \
    }                                                                                              \
    GRADMQ_VARIANTS (, double, gradmq_kernel_limit_##t, (const void *x, size_t n), (x, n))

LIMIT (f32)
LIMIT (f64)
