#include "aggregate/linear.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_max_weight};

static void
s_weigh (const gradmq_settings_t *settings, const double *given, size_t contributions,
         double *weight, size_t *trim)
{
    double sum = 0;
    for (size_t i = 0; i < contributions; i++) {
        weight [i] = given [i] < settings->max_weight ? given [i] : settings->max_weight;
        sum += weight [i];
    }
    for (size_t i = 0; i < contributions; i++)
        weight [i] /= sum;
    *trim = 0;
}

const gradmq_rule_t gradmq_rule_weighted_mean = {
    .name = "weighted_mean",
    .source = "McMahan et al. 2017, Communication-Efficient Learning, algorithm 1",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .weighs = true,
    .weigh = s_weigh,
    .block_f32 = gradmq_linear_f32,
    .block_f64 = gradmq_linear_f64,
};
