#include "aggregate/linear.h"
#include "aggregate/middle.h"
#include "aggregate/nearest.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_byzantine};

static size_t
s_least (const gradmq_settings_t *settings)
{
    return 2 * (size_t) settings->byzantine + 1;
}

static void
s_weigh (const gradmq_settings_t *settings, const double *given, size_t contributions,
         double *weight, size_t *trim)
{
    gradmq_linear_weigh_alike (settings, given, contributions, weight, trim);
    *trim = (size_t) settings->byzantine;
}

#define BLOCK(t)                                                                                   \
    static void s_block_##t (const gradmq_gather_t *gather)                                        \
    {                                                                                              \
        const void *x [GRADMQ_CONTRIBUTIONS_MAX];                                                  \
        gradmq_gather_t mixed = *gather;                                                           \
        gradmq_nearest_mix_##t (gather, x);                                                        \
        mixed.x = x;                                                                               \
        gradmq_middle_##t (&mixed);                                                                \
    }

BLOCK (f32)
BLOCK (f64)

const gradmq_rule_t gradmq_rule_nnm_trimmed_mean = {
    .name = "nnm_trimmed_mean",
    .source = "Allouah et al. 2023, Fixing by Mixing, algorithm 2 (nearest neighbor mixing), "
              "before a trimmed mean",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .compares = true,
    .least = s_least,
    .weigh = s_weigh,
    .mix = gradmq_nearest_each,
    .block_f32 = s_block_f32,
    .block_f64 = s_block_f64,
};
