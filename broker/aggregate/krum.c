#include "aggregate/linear.h"
#include "aggregate/nearest.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_byzantine};

static void
s_select (const gradmq_settings_t *settings, const double *distances, size_t n, bool *chosen)
{
    gradmq_nearest_choose (settings, distances, n, 1, chosen);
}

const gradmq_rule_t gradmq_rule_krum = {
    .name = "krum",
    .source = "Blanchard et al. 2017, Machine Learning with Adversaries, section 4",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .compares = true,
    .selects = true,
    .least = gradmq_nearest_least,
    .weigh = gradmq_linear_weigh_alike,
    .select = s_select,
    .block_f32 = gradmq_linear_f32,
    .block_f64 = gradmq_linear_f64,
};
