#include "sync/sync.h"

static size_t
s_contributions (const gradmq_settings_t *settings)
{
    return (size_t) settings->merge_count;
}

static const gradmq_kind_t s_kinds [] = {GRADMQ_KIND_DELTA, GRADMQ_KIND_MODEL_PARAMETERS};
static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_merge_count,
                                               GRADMQ_SETTING_max_staleness,
                                               GRADMQ_SETTING_staleness_scale, GRADMQ_SETTING_rule};

const gradmq_policy_t gradmq_policy_merge = {
    .name = "merge",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .kinds = s_kinds,
    .kind_count = sizeof s_kinds / sizeof s_kinds [0],
    .rule = "weighted_mean",
    .contributions = s_contributions,
    .why = gradmq_sync_why_counted,
};
