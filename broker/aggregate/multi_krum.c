#include "aggregate/linear.h"
#include "aggregate/nearest.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_byzantine,
                                               GRADMQ_SETTING_krum_selected};

static void
s_select (const gradmq_settings_t *settings, const double *distances, size_t n, bool *chosen)
{
    size_t most = (size_t) settings->krum_selected;
    if (!most)
        most = n - (size_t) settings->byzantine - 2;
    gradmq_nearest_choose (settings, distances, n, most, chosen);
}

const gradmq_rule_t gradmq_rule_multi_krum = {
    .name = "multi_krum",
    .source = "Blanchard et al. 2017, Machine Learning with Adversaries, section 4 (m-Krum)",
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
