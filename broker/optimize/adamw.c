#include "optimize/pass.h"

enum { STEP, SHRINK, REST1, BETA2, REST2, ROOT, EPSILON };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [STEP] = terms->rate / gradmq_correction (terms->beta1, terms->count);
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [REST1] = 1 - terms->beta1;
    factor [BETA2] = terms->beta2;
    factor [REST2] = 1 - terms->beta2;
    factor [ROOT] = 1 / sqrt (gradmq_correction (terms->beta2, terms->count));
    factor [EPSILON] = terms->epsilon;
}

#define ELEMENT(real)                                                                              \
    s0 = s0 + k [REST1] * (g - s0);                                                                \
    s1 = k [BETA2] * s1 + k [REST2] * (g * g);                                                     \
    p = p * k [SHRINK] - k [STEP] * s0 / (GRADMQ_ROOT (s1) * k [ROOT] + k [EPSILON]);

GRADMQ_PASS (adamw, 2, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_beta1, GRADMQ_SETTING_beta2,
                                               GRADMQ_SETTING_epsilon, GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0.999, 1e-8, 1e-2};

const gradmq_optimizer_t gradmq_optimizer_adamw = {
    .name = "adamw",
    .source = "PyTorch 2.5.1, torch.optim.AdamW",
    .states = 2,
    .squares = {false, true},
    GRADMQ_READS,
    .learning_rate = 1e-3,
    .scales = GRADMQ_SCALES_RATE,
    .prepare = s_prepare,
    GRADMQ_PASSES (adamw),
};
