#include "optimize/pass.h"

enum { RATE, SHRINK, L2 };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [L2] = terms->l2;
}

#define ELEMENT(real) p = p * k [SHRINK] - k [RATE] * (g + k [L2] * p);

GRADMQ_PASS (sgd, 0, ELEMENT)

//  One gradient after the other, or four in one go. The block of parameters stays in the cache
//  between them.
#define SERIES(t)                                                                                  \
    GRADMQ_INLINE double s_one_##t (const gradmq_##t##_t *p, gradmq_##t##_t *p_new,                \
                                    const gradmq_##t##_t *g, double rate, size_t count)            \
    {                                                                                              \
        GRADMQ_REAL_##t r = (GRADMQ_REAL_##t) rate;                                                \
        GRADMQ_BITS_##t max = 0;                                                                   \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            GRADMQ_REAL_##t x = p [i] - r * g [i];                                                 \
            p_new [i] = x;                                                                         \
            GRADMQ_RAISE (max, gradmq_magnitude_##t (x));                                          \
        }                                                                                          \
        return gradmq_from_magnitude_##t (max);                                                    \
    }                                                                                              \
    GRADMQ_INLINE double s_four_##t (const gradmq_##t##_t *p, gradmq_##t##_t *p_new,               \
                                     const void *const *g, const double *rate, size_t count)       \
    {                                                                                              \
        const gradmq_##t##_t *g0 = g [0], *g1 = g [1], *g2 = g [2], *g3 = g [3];                   \
        GRADMQ_REAL_##t r0 = (GRADMQ_REAL_##t) rate [0], r1 = (GRADMQ_REAL_##t) rate [1],          \
                        r2 = (GRADMQ_REAL_##t) rate [2], r3 = (GRADMQ_REAL_##t) rate [3];          \
        GRADMQ_BITS_##t max = 0;                                                                   \
        GRADMQ_LOOP                                                                                \
        for (size_t i = 0; i < count; i++) {                                                       \
            GRADMQ_REAL_##t x = p [i] - r0 * g0 [i];                                               \
            x = x - r1 * g1 [i];                                                                   \
            x = x - r2 * g2 [i];                                                                   \
            x = x - r3 * g3 [i];                                                                   \
            p_new [i] = x;                                                                         \
            GRADMQ_RAISE (max, gradmq_magnitude_##t (x));                                          \
        }                                                                                          \
        return gradmq_from_magnitude_##t (max);                                                    \
    }                                                                                              \
    GRADMQ_INLINE double s_series_##t##_body (const gradmq_series_t *series)                       \
    {                                                                                              \
        const gradmq_##t##_t *p = series->p;                                                       \
        double limit = 0;                                                                          \
        for (size_t j = 0; j < series->gradients; p = series->p_new) {                             \
            if (series->gradients - j >= 4) {                                                      \
                limit =                                                                            \
                    s_four_##t (p, series->p_new, series->g + j, series->rate + j, series->count); \
                j += 4;                                                                            \
            } else {                                                                               \
                limit =                                                                            \
                    s_one_##t (p, series->p_new, series->g [j], series->rate [j], series->count);  \
                j++;                                                                               \
            }                                                                                      \
        }                                                                                          \
        return limit;                                                                              \
    }                                                                                              \
    GRADMQ_VARIANTS (static, double, s_series_##t, (const gradmq_series_t *series), (series))

SERIES (f32)
SERIES (f64)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_l2, GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0, 0};

const gradmq_optimizer_t gradmq_optimizer_sgd = {
    .name = "sgd",
    .source = "PyTorch 2.5.1, torch.optim.SGD; weight_decay as in AdamW",
    GRADMQ_READS,
    .learning_rate = 1,
    .scales = GRADMQ_SCALES_GRADIENT,
    .coalesces = true,
    .prepare = s_prepare,
    GRADMQ_PASSES (sgd),
    .series_f32 = s_series_f32,
    .series_f64 = s_series_f64,
};
