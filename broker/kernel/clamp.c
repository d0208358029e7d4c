#include "kernel/kernel.h"
#include "kernel/variant.h"

#define CLAMP(t)                                                                                   \
    GRADMQ_INLINE void gradmq_kernel_clamp_##t##_body (void *to, const void *from, double bound,   \
                                                       size_t n)                                   \
    {                                                                                              \
        gradmq_##t##_t *y = to;                                                                    \
        const gradmq_##t##_t *x = from;                                                            \
        GRADMQ_REAL_##t most = (GRADMQ_REAL_##t) bound;                                            \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < n; i++) {                                                           \
            GRADMQ_REAL_##t value = x [i];                                                         \
            value = value > most ? most : value;                                                   \
            y [i] = value < -most ? -most : value;                                                 \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (, gradmq_kernel_clamp_##t,                                               \
                          (void *to, const void *from, double bound, size_t n),                    \
                          (to, from, bound, n))

CLAMP (f32)
CLAMP (f64)
