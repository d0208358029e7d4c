#include "optimize/pass.h"

enum { RATE, SHRINK, BETA1, REST1, BETA2, REST2 };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [BETA1] = terms->beta1;
    factor [REST1] = 1 - terms->beta1;
    factor [BETA2] = terms->beta2;
    factor [REST2] = 1 - terms->beta2;
}

#define ELEMENT(real)                                                                              \
    real c = k [BETA1] * s0 + k [REST1] * g;                                                       \
    p = p * k [SHRINK] - k [RATE] * GRADMQ_SIGN (real, c);                                         \
    s0 = k [BETA2] * s0 + k [REST2] * g;

GRADMQ_PASS (lion, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_beta1, GRADMQ_SETTING_beta2,
                                               GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0.99, 0};

const gradmq_optimizer_t gradmq_optimizer_lion = {
    .name = "lion",
    .source = "Chen et al., Symbolic Discovery of Optimization Algorithms, 2023 (v4), Algorithm 2",
    .states = 1,
    GRADMQ_READS,
    .learning_rate = 1e-4,
    .scales = GRADMQ_SCALES_NOTHING,
    .prepare = s_prepare,
    GRADMQ_PASSES (lion),
};
