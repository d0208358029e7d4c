#include "optimize/pass.h"

enum { RATE, L2, EPSILON };

static double
s_initial (const gradmq_terms_t *terms, size_t state)
{
    (void) state;
    return terms->initial_accumulator;
}

//  The first step has the whole rate.
static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate / (1 + (double) (terms->count - 1) * terms->rate_decay);
    factor [L2] = terms->l2;
    factor [EPSILON] = terms->epsilon;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    s0 = s0 + d * d;                                                                               \
    p = p - k [RATE] * d / (GRADMQ_ROOT (s0) + k [EPSILON]);

GRADMQ_PASS (adagrad, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_epsilon,
                                               GRADMQ_SETTING_initial_accumulator,
                                               GRADMQ_SETTING_rate_decay, GRADMQ_SETTING_l2};
static const double s_defaults [] = {1e-10, 0, 0, 0};

const gradmq_optimizer_t gradmq_optimizer_adagrad = {
    .name = "adagrad",
    .source = "PyTorch 2.5.1, torch.optim.Adagrad",
    .states = 1,
    .squares = {true},
    GRADMQ_READS,
    .learning_rate = 1e-2,
    .scales = GRADMQ_SCALES_RATE,
    .initial_state = s_initial,
    .prepare = s_prepare,
    GRADMQ_PASSES (adagrad),
};
