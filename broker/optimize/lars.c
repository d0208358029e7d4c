#include "kernel/kernel.h"
#include "optimize/pass.h"

enum { LOCAL, L2, MOMENTUM };

//  The rate goes into the buffer, together with the tensor's trust ratio, as in the paper.
static void
s_prepare (gradmq_terms_t *terms, double factor [GRADMQ_FACTORS_MAX])
{
    factor [LOCAL] = terms->rate;
    factor [L2] = terms->l2;
    factor [MOMENTUM] = terms->momentum;
}

static void
s_norms_f32 (const gradmq_block_t *block, double sums [2])
{
    sums [0] += gradmq_kernel_squares_f32 (block->p, block->count);
    sums [1] += gradmq_kernel_squares_f32 (block->g, block->count);
}

static void
s_norms_f64 (const gradmq_block_t *block, double sums [2])
{
    sums [0] += gradmq_kernel_squares_f64 (block->p, block->count);
    sums [1] += gradmq_kernel_squares_f64 (block->g, block->count);
}

//  The paper leaves open what holds where a norm is 0: the ratio is then 1.
static void
s_trust (const gradmq_terms_t *terms, const double sums [2], double factor [GRADMQ_FACTORS_MAX])
{
    double parameters = sqrt (sums [0]), gradient = sqrt (sums [1]), ratio = 1;
    if (parameters > 0 && gradient > 0)
        ratio = terms->trust_coefficient * parameters / (gradient + terms->l2 * parameters);
    factor [LOCAL] = terms->rate * ratio;
}

#define ELEMENT(real)                                                                              \
    s0 = k [MOMENTUM] * s0 + k [LOCAL] * (g + k [L2] * p);                                         \
    p = p - s0;

GRADMQ_PASS (lars, 1, ELEMENT)

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_momentum,
                                               GRADMQ_SETTING_trust_coefficient, GRADMQ_SETTING_l2};
static const double s_defaults [] = {0.9, 1e-3, 0};

const gradmq_optimizer_t gradmq_optimizer_lars = {
    .name = "lars",
    .source = "You et al., Large Batch Training of Convolutional Networks, 2017 (v3), Algorithm 1",
    .states = 1,
    GRADMQ_READS,
    .learning_rate = 1,
    .scales = GRADMQ_SCALES_NOTHING,
    .trust_ratio = true,
    .prepare = s_prepare,
    GRADMQ_PASSES (lars),
    .norms_f32 = s_norms_f32,
    .norms_f64 = s_norms_f64,
    .trust = s_trust,
};
