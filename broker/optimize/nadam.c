#include "kernel/number.h"
#include "optimize/pass.h"

enum { GRADIENT_STEP, MEAN_STEP, SHRINK, L2, REST1, BETA2, REST2, ROOT, EPSILON };

static double
s_momentum (const gradmq_terms_t *terms, uint64_t count)
{
    double exponent = (double) count * terms->momentum_decay;
    return terms->beta1 * (1 - 0.5 * gradmq_number_root_power (0.96, exponent));
}

//  running [0]: product of the momenta up to this step.
static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    double now = s_momentum (terms, terms->count), next = s_momentum (terms, terms->count + 1);
    terms->running [0] *= now;
    factor [GRADIENT_STEP] = terms->rate * (1 - now) / (1 - terms->running [0]);
    factor [MEAN_STEP] = terms->rate * next / (1 - terms->running [0] * next);
    factor [SHRINK] = 1 - terms->rate * terms->weight_decay;
    factor [L2] = terms->l2;
    factor [REST1] = 1 - terms->beta1;
    factor [BETA2] = terms->beta2;
    factor [REST2] = 1 - terms->beta2;
    factor [ROOT] = 1 / sqrt (gradmq_correction (terms->beta2, terms->count));
    factor [EPSILON] = terms->epsilon;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = s0 + k [REST1] * (d - s0);                                                                \
    s1 = k [BETA2] * s1 + k [REST2] * (d * d);                                                     \
    p = p * k [SHRINK]                                                                             \
        - (k [GRADIENT_STEP] * d + k [MEAN_STEP] * s0)                                             \
              / (GRADMQ_ROOT (s1) * k [ROOT] + k [EPSILON]);

GRADMQ_PASS (nadam, 2, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {
    GRADMQ_SETTING_beta1,          GRADMQ_SETTING_beta2, GRADMQ_SETTING_epsilon,
    GRADMQ_SETTING_momentum_decay, GRADMQ_SETTING_l2,    GRADMQ_SETTING_weight_decay};
static const double s_defaults [] = {0.9, 0.999, 1e-8, 4e-3, 0, 0};

const gradmq_optimizer_t gradmq_optimizer_nadam = {
    .name = "nadam",
    .source = "PyTorch 2.5.1, torch.optim.NAdam; weight_decay as with decoupled_weight_decay",
    .states = 2,
    .squares = {false, true},
    GRADMQ_READS,
    .learning_rate = 2e-3,
    .scales = GRADMQ_SCALES_RATE,
    .prepare = s_prepare,
    GRADMQ_PASSES (nadam),
};
