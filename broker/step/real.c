#include "step/real.h"

#include "kernel/int8.h"
#include "optimize/streamed.h"

#define S_REAL(t, to, real)                                                                        \
    static void s_convert_##t (const gradmq_dtype_t *dtype, void *into, const void *from,          \
                               size_t n)                                                           \
    {                                                                                              \
        dtype->to (into, from, n);                                                                 \
    }                                                                                              \
    static double s_block_##t (const gradmq_optimizer_t *optimizer, const gradmq_block_t *block,   \
                               bool streams)                                                       \
    {                                                                                              \
        return streams ? gradmq_block_streamed (optimizer->block_##t, block, sizeof (real))        \
                       : optimizer->block_##t (block);                                             \
    }                                                                                              \
    static double s_series_##t (const gradmq_optimizer_t *optimizer,                               \
                                const gradmq_series_t *series, bool streams)                       \
    {                                                                                              \
        return streams ? gradmq_series_streamed (optimizer->series_##t, series, sizeof (real))     \
                       : optimizer->series_##t (series);                                           \
    }                                                                                              \
    static void s_norms_##t (const gradmq_optimizer_t *optimizer, const gradmq_block_t *block,     \
                             double sums [2])                                                      \
    {                                                                                              \
        optimizer->norms_##t (block, sums);                                                        \
    }                                                                                              \
    static gradmq_gather_pass_t *s_gather_##t (const gradmq_rule_t *rule)                          \
    {                                                                                              \
        return rule->block_##t;                                                                    \
    }

S_REAL (f32, to_f32, float)
S_REAL (f64, to_f64, double)

#define S_ROW(t)                                                                                   \
    .limit = gradmq_kernel_limit_##t, .squares = gradmq_kernel_squares_##t,                        \
    .scale = gradmq_kernel_scale_##t, .negate = gradmq_kernel_negate_##t,                          \
    .add = gradmq_kernel_add_##t, .distances = gradmq_kernel_distances_##t,                        \
    .gather = s_gather_##t, .clamp = gradmq_kernel_clamp_##t,                                      \
    .int8 = gradmq_kernel_int8_decode_##t, .gemm = gradmq_kernel_gemm_##t,                         \
    .convert = s_convert_##t, .block = s_block_##t, .norms = s_norms_##t, .series = s_series_##t

static const gradmq_real_t s_rows [] = {
    {.value_limit = 1e18, .safe_limit = 1e37, .greatest = 1e38, S_ROW (f32)},
    {.value_limit = 1e150, .safe_limit = 1e306, .greatest = 1e308, S_ROW (f64)},
};

const gradmq_real_t *
gradmq_real (const gradmq_dtype_t *master)
{
    return &s_rows [master->code == GRADMQ_DTYPE_F64];
}
