#include "kernel/kernel.h"
#include "kernel/variant.h"

#define SCALE(t)                                                                                   \
    GRADMQ_INLINE void gradmq_kernel_scale_##t##_body (void *to, const void *from, double factor,  \
                                                       size_t n)                                   \
    {                                                                                              \
        gradmq_##t##_t *y = to;                                                                    \
        const gradmq_##t##_t *x = from;                                                            \
        GRADMQ_REAL_##t by = (GRADMQ_REAL_##t) factor;                                             \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            y [i] = by * x [i];                                                                    \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_kernel_scale_##t,                                               \
                          (void *to, const void *from, double factor, size_t n),                   \
                          (to, from, factor, n))

#define NEGATE(t)                                                                                  \
    GRADMQ_INLINE void gradmq_kernel_negate_##t##_body (void *to, const void *from, size_t n)      \
    {                                                                                              \
        gradmq_##t##_t *y = to;                                                                    \
        const gradmq_##t##_t *x = from;                                                            \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            y [i] = -x [i];                                                                        \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_kernel_negate_##t, (void *to, const void *from, size_t n),      \
                          (to, from, n))

SCALE (f32)
SCALE (f64)
NEGATE (f32)
NEGATE (f64)
