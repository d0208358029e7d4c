#include "sync/sync.h"

static size_t
s_contributions (const gradmq_settings_t *settings)
{
    return (size_t) settings->buffer_gradients;
}

static const gradmq_kind_t s_kinds [] = {GRADMQ_KIND_GRADIENT};
static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_buffer_gradients,
                                               GRADMQ_SETTING_max_staleness,
                                               GRADMQ_SETTING_staleness_scale, GRADMQ_SETTING_rule};

const gradmq_policy_t gradmq_policy_async = {
    .name = "async",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .kinds = s_kinds,
    .kind_count = 1,
    .rule = "mean",
    .contributions = s_contributions,
    .why = gradmq_sync_why_counted,
};
