#include "optimize/pass.h"

enum { STEP, L2, REST1, BETA2, REST2, ROOT, EPSILON };

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    double mean = 1, square = 1;
    if (!terms->uncorrected) {
        mean = gradmq_correction (terms->beta1, terms->count);
        square = gradmq_correction (terms->beta2, terms->count);
    }
    factor [STEP] = terms->rate / mean;
    factor [L2] = terms->l2;
    factor [REST1] = 1 - terms->beta1;
    factor [BETA2] = terms->beta2;
    factor [REST2] = 1 - terms->beta2;
    factor [ROOT] = 1 / sqrt (square);
    factor [EPSILON] = terms->epsilon;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = s0 + k [REST1] * (d - s0);                                                                \
    s1 = k [BETA2] * s1 + k [REST2] * (d * d);                                                     \
    p = p - k [STEP] * s0 / (GRADMQ_ROOT (s1) * k [ROOT] + k [EPSILON]);

GRADMQ_PASS (adam, 2, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_beta1, GRADMQ_SETTING_beta2,
                                               GRADMQ_SETTING_epsilon, GRADMQ_SETTING_l2};
static const double s_defaults [] = {0.9, 0.999, 1e-8, 0};

const gradmq_optimizer_t gradmq_optimizer_adam = {
    .name = "adam",
    .source = "PyTorch 2.5.1, torch.optim.Adam; without bias correction FedAdam of Reddi et al., "
              "Adaptive "
              "Federated Optimization, ICLR 2021",
    .states = 2,
    .squares = {false, true},
    GRADMQ_READS,
    .learning_rate = 1e-3,
    .scales = GRADMQ_SCALES_RATE,
    .corrects = true,
    .prepare = s_prepare,
    GRADMQ_PASSES (adam),
};
