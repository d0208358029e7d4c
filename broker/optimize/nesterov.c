#include "optimize/pass.h"

enum { RATE, SHRINK, L2, MOMENTUM };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [L2] = terms->l2;
    factor [MOMENTUM] = terms->momentum;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = k [MOMENTUM] * s0 + d;                                                                    \
    p = p * k [SHRINK] - k [RATE] * (d + k [MOMENTUM] * s0);

GRADMQ_PASS (nesterov, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_momentum, GRADMQ_SETTING_l2,
                                               GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0, 0};

const gradmq_optimizer_t gradmq_optimizer_nesterov = {
    .name = "nesterov",
    .source = "PyTorch 2.5.1, torch.optim.SGD with nesterov; weight_decay as in AdamW",
    .states = 1,
    GRADMQ_READS,
    .learning_rate = 1,
    .scales = GRADMQ_SCALES_GRADIENT,
    .prepare = s_prepare,
    GRADMQ_PASSES (nesterov),
};
