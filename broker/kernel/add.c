#include "kernel/kernel.h"
#include "kernel/variant.h"

#define ADD(t)                                                                                     \
    GRADMQ_INLINE void gradmq_kernel_add_##t##_body (void *y, const void *x, double factor,        \
                                                     size_t n)                                     \
    {                                                                                              \
        gradmq_##t##_t *to = y;                                                                    \
        const gradmq_##t##_t *from = x;                                                            \
        GRADMQ_REAL_##t by = (GRADMQ_REAL_##t) factor;                                             \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++)                                                             \
            to [i] = to [i] + by * from [i];                                                       \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_kernel_add_##t,                                                 \
                          (void *y, const void *x, double factor, size_t n), (y, x, factor, n))

ADD (f32)
ADD (f64)
