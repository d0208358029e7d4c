#include "optimize/pass.h"

enum { RATE, L2, REST1, REST2, EPSILON };

//  The mean of gradients begins at 0, that of their squares at initial_accumulator. No bias
//  correction: the paper's algorithm has none.
static double
s_initial (const gradmq_terms_t *terms, size_t state)
{
    return state == 1 ? terms->initial_accumulator : 0;
}

static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [RATE] = terms->rate;
    factor [L2] = terms->l2;
    factor [REST1] = 1 - terms->beta1;
    factor [REST2] = 1 - terms->beta2;
    factor [EPSILON] = terms->epsilon;
}

#define ELEMENT(real)                                                                              \
    real d = g + k [L2] * p;                                                                       \
    real square = d * d;                                                                           \
    s0 = s0 + k [REST1] * (d - s0);                                                                \
    s1 = s1 - k [REST2] * GRADMQ_SIGN (real, s1 - square) * square;                                \
    p = p - k [RATE] * s0 / (GRADMQ_ROOT (s1) + k [EPSILON]);

GRADMQ_PASS (yogi, 2, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {
    GRADMQ_SETTING_beta1, GRADMQ_SETTING_beta2, GRADMQ_SETTING_epsilon,
    GRADMQ_SETTING_initial_accumulator, GRADMQ_SETTING_l2};
static const double s_defaults [] = {0.9, 0.999, 1e-3, 1e-6, 0};

const gradmq_optimizer_t gradmq_optimizer_yogi = {
    .name = "yogi",
    .source = "Zaheer et al., Adaptive Methods for Nonconvex Optimization, NeurIPS 2018",
    .states = 2,
    .squares = {false, true},
    GRADMQ_READS,
    .learning_rate = 1e-2,
    .scales = GRADMQ_SCALES_RATE,
    .initial_state = s_initial,
    .prepare = s_prepare,
    GRADMQ_PASSES (yogi),
};
