#include "optimize/pass.h"

enum { RATE, L2, EPSILON, RHO, REST };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [L2] = terms->l2;
    factor [EPSILON] = terms->epsilon;
    factor [RHO] = terms->rho;
    factor [REST] = 1 - terms->rho;
}

//  s0: mean of squared gradients; s1: mean of squared updates.
#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = k [RHO] * s0 + k [REST] * (d * d);                                                        \
    d = GRADMQ_ROOT (s1 + k [EPSILON]) / GRADMQ_ROOT (s0 + k [EPSILON]) * d;                       \
    s1 = k [RHO] * s1 + k [REST] * (d * d);                                                        \
    p = p - k [RATE] * d;

GRADMQ_PASS (adadelta, 2, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_rho, GRADMQ_SETTING_epsilon,
                                               GRADMQ_SETTING_l2};
static const double s_defaults [] = {0.9, 1e-6, 0};

const gradmq_optimizer_t gradmq_optimizer_adadelta = {
    .name = "adadelta",
    .source = "PyTorch 2.5.1, torch.optim.Adadelta",
    .states = 2,
    .squares = {true, true},
    GRADMQ_READS,
    .learning_rate = 1,
    .scales = GRADMQ_SCALES_RATE,
    .prepare = s_prepare,
    GRADMQ_PASSES (adadelta),
};
