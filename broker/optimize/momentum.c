#include "optimize/pass.h"

enum { RATE, SHRINK, L2, MOMENTUM, GAIN };

//  The rate stays outside the buffer, and the first gradient enters it undampened.
static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [L2] = terms->l2;
    factor [MOMENTUM] = terms->momentum;
    factor [GAIN] = terms->count == 1 ? 1 : 1 - terms->dampening;
}

#define ELEMENT(real)                                                                              \
    s0 = k [MOMENTUM] * s0 + k [GAIN] * (g + k [L2] * p);                                          \
    p = p * k [SHRINK] - k [RATE] * s0;

GRADMQ_PASS (momentum, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_momentum, GRADMQ_SETTING_dampening,
                                               GRADMQ_SETTING_l2, GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0, 0, 0};

const gradmq_optimizer_t gradmq_optimizer_momentum = {
    .name = "momentum",
    .source = "PyTorch 2.5.1, torch.optim.SGD with momentum; weight_decay as in AdamW",
    .states = 1,
    GRADMQ_READS,
    .learning_rate = 1,
    .scales = GRADMQ_SCALES_GRADIENT,
    .prepare = s_prepare,
    GRADMQ_PASSES (momentum),
};
