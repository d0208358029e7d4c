#include "optimize/pass.h"

enum { RATE, L2, EPSILON, RHO, REST };

//  rho is what PyTorch calls alpha.
static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [L2] = terms->l2;
    factor [EPSILON] = terms->epsilon;
    factor [RHO] = terms->rho;
    factor [REST] = 1 - terms->rho;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = k [RHO] * s0 + k [REST] * (d * d);                                                        \
    p = p - k [RATE] * d / (GRADMQ_ROOT (s0) + k [EPSILON]);

GRADMQ_PASS (rmsprop, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_rho, GRADMQ_SETTING_epsilon,
                                               GRADMQ_SETTING_l2};
static const double s_defaults [] = {0.99, 1e-8, 0};

const gradmq_optimizer_t gradmq_optimizer_rmsprop = {
    .name = "rmsprop",
    .source = "PyTorch 2.5.1, torch.optim.RMSprop, not centered, without momentum",
    .states = 1,
    .squares = {true},
    GRADMQ_READS,
    .learning_rate = 1e-2,
    .scales = GRADMQ_SCALES_RATE,
    .prepare = s_prepare,
    GRADMQ_PASSES (rmsprop),
};
