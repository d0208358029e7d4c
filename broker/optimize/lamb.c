#include "kernel/lanes.h"
#include "optimize/pass.h"

enum { STEP, DECAY, REST1, BETA2, REST2, RISE, ROOT, EPSILON };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [STEP] = terms->rate;
    factor [DECAY] = terms->weight_decay;
    factor [REST1] = 1 - terms->beta1;
    factor [BETA2] = terms->beta2;
    factor [REST2] = 1 - terms->beta2;
    factor [RISE] = 1 / gradmq_correction (terms->beta1, terms->count);
    factor [ROOT] = 1 / sqrt (gradmq_correction (terms->beta2, terms->count));
    factor [EPSILON] = terms->epsilon;
}

//  The update before its ratio: both passes compute it, so that the first need not store it.
#define UPDATE(real)                                                                               \
    s0 = s0 + k [REST1] * (g - s0);                                                                \
    s1 = k [BETA2] * s1 + k [REST2] * (g * g);                                                     \
    real u = k [RISE] * s0 / (GRADMQ_ROOT (s1) * k [ROOT] + k [EPSILON]) + k [DECAY] * p;

#define ELEMENT(real)                                                                              \
    UPDATE (real)                                                                                  \
    p = p - k [STEP] * u;

GRADMQ_PASS (lamb, 2, ELEMENT)

//  `width` elements from `first` on, each into its lane.
#define NORMS_OF(t)                                                                                \
    GRADMQ_INLINE void s_add_##t (const gradmq_block_t *block, const GRADMQ_REAL_##t *k,           \
                                  size_t first, size_t width, double *parameters, double *updates) \
    {                                                                                              \
        const gradmq_##t##_t *old = block->p, *gradient = block->g;                                \
        GRADMQ_LOOP                                                                                \
        for (size_t j = 0; j < width; j++) {                                                       \
            const size_t i = first + j;                                                            \
            GRADMQ_REAL_##t p = old [i], g = gradient [i];                                         \
            GRADMQ_STATE (t, 2, 0)                                                                 \
            GRADMQ_STATE (t, 2, 1)                                                                 \
            UPDATE (GRADMQ_REAL_##t)                                                               \
            parameters [j] += (double) p * (double) p;                                             \
            updates [j] += (double) u * (double) u;                                                \
        }                                                                                          \
    }                                                                                              \
    GRADMQ_INLINE void s_norms_##t##_body (const gradmq_block_t *given, double sums [2])           \
    {                                                                                              \
        const gradmq_block_t here = *given, *const block = &here;                                  \
        GRADMQ_FACTORS (t)                                                                         \
        double parameters [GRADMQ_LANES] = {0}, updates [GRADMQ_LANES] = {0};                      \
        size_t rest = here.count % GRADMQ_LANES, whole = here.count - rest;                        \
        for (size_t i = 0; i < whole; i += GRADMQ_LANES)                                           \
            s_add_##t (block, k, i, GRADMQ_LANES, parameters, updates);                            \
        s_add_##t (block, k, whole, rest, parameters, updates);                                    \
        sums [0] += gradmq_lanes_sum (parameters);                                                 \
        sums [1] += gradmq_lanes_sum (updates);                                                    \
    }                                                                                              \
    GRADMQ_VARIANTS_VOID (static, s_norms_##t, (const gradmq_block_t *block, double sums [2]),     \
                          (block, sums))

NORMS_OF (f32)
NORMS_OF (f64)

//  Without the paper's bound phi on the norm; 1 where a norm is 0.
static void
s_trust (const gradmq_terms_t *terms, const double sums [2], double factor [GRADMQ_FACTORS_MAX])
{
    double parameters = sqrt (sums [0]), update = sqrt (sums [1]);
    double ratio = parameters > 0 && update > 0 ? parameters / update : 1;
    factor [STEP] = terms->rate * ratio;
}

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_beta1, GRADMQ_SETTING_beta2,
                                               GRADMQ_SETTING_epsilon, GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0.999, 1e-6, 1e-2};

const gradmq_optimizer_t gradmq_optimizer_lamb = {
    .name = "lamb",
    .source = "You et al., Large Batch Optimization for Deep Learning, ICLR 2020, Algorithm 2",
    .states = 2,
    .squares = {false, true},
    GRADMQ_READS,
    .learning_rate = 1e-3,
    .scales = GRADMQ_SCALES_NOTHING,
    .trust_ratio = true,
    .prepare = s_prepare,
    GRADMQ_PASSES (lamb),
    .norms_f32 = s_norms_f32,
    .norms_f64 = s_norms_f64,
    .trust = s_trust,
};
