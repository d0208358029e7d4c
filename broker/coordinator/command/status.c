#include "coordinator/command.h"
#include "coordinator/product.h"
#include "coordinator/checkpoints.h"
#include "coordinator/recording.h"

#include <stdio.h>
#include <unistd.h>

//  Resident memory of this process; 0 where it cannot be told.
static uint64_t
s_resident_bytes (void)
{
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file)
        return 0;
    unsigned long size, resident = 0;
    if (fscanf (file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose (file);
    return (uint64_t) resident * (uint64_t) sysconf (_SC_PAGESIZE);
}

static gradmq_err_t
s_counters (gradmq_exchange_t *exchange, gradmq_status_report_t *status)
{
    gradmq_counter_t *list = gradmq_exchange_alloc (exchange, GRADMQ_COUNTED_MAX, sizeof *list);
    gradmq_counted_t *lines = gradmq_exchange_alloc (exchange, GRADMQ_COUNTED_MAX, sizeof *lines);
    if (!list || !lines)
        return GRADMQ_ERR_MEMORY;
    status->counter_count = gradmq_counters_list (&exchange->engine->counters, lines);
    for (size_t i = 0; i < status->counter_count; i++)
        list [i] = (gradmq_counter_t){lines [i].name, lines [i].value};
    status->counters = list;
    return GRADMQ_OK;
}

static gradmq_err_t
s_metrics (gradmq_exchange_t *exchange, gradmq_status_report_t *status)
{
    const gradmq_engine_t *engine = exchange->engine;
    gradmq_last_metric_t *list =
        gradmq_exchange_alloc (exchange, engine->metric_count, sizeof *list);
    if (!list)
        return GRADMQ_ERR_MEMORY;
    for (size_t i = 0; i < engine->metric_count; i++) {
        const gradmq_metric_sum_t *sum = &engine->metrics [i];
        list [i] = (gradmq_last_metric_t){sum->name, sum->newest, sum->worker};
    }
    status->metrics = list;
    status->metric_count = engine->metric_count;
    return GRADMQ_OK;
}

static gradmq_err_t
s_operations (gradmq_exchange_t *exchange, gradmq_status_report_t *status)
{
    gradmq_operation_t *list = gradmq_exchange_alloc (exchange, 2, sizeof *list);
    if (!list)
        return GRADMQ_ERR_MEMORY;
    status->operations = list;
    status->operation_count = gradmq_recording_operation (exchange->engine, list) ? 1 : 0;
    if (gradmq_checkpoints_operation (exchange->engine, &list [status->operation_count]))
        status->operation_count++;
    return GRADMQ_OK;
}

static void
s_model (const gradmq_engine_t *engine, gradmq_status_report_t *status)
{
    const gradmq_layout_t *layout = gradmq_model_layout (engine->model);
    if (!layout)
        return;
    status->elements = gradmq_layout_elements (layout);
    status->tensors = (uint32_t) gradmq_layout_count (layout);
    status->snapshots_pinned = gradmq_model_pinned (engine->model);
}

static void
s_open_step (const gradmq_engine_t *engine, const char **names, gradmq_status_report_t *status)
{
    const gradmq_sync_t *sync = &engine->sync;
    const gradmq_settings_t *settings = &engine->settings;
    size_t told, total = gradmq_sync_waiting (sync, names, &told);
    uint64_t left = gradmq_engine_time_left_ms (engine);
    status->round = sync->round;
    status->min_clock = sync->min_clock;
    status->contributions = sync->contributions;
    status->policy = settings->policy;
    status->rule = gradmq_policy_alone (sync->policy, settings) ? NULL : settings->rule;
    status->needed = gradmq_policy_needed (sync->policy, settings);
    status->has_deadline = left != UINT64_MAX;
    status->deadline_ms = left;
    status->waiting_for = (gradmq_texts_t){names, told};
    status->waiting_total = (uint32_t) total;
}

gradmq_err_t
gradmq_command_status (gradmq_exchange_t *exchange)
{
    const gradmq_engine_t *engine = exchange->engine;
    char *why = gradmq_exchange_alloc (exchange, GRADMQ_REASON_BYTES, 1);
    const char **names = gradmq_exchange_alloc (exchange, GRADMQ_WAITING_TOLD_MAX, sizeof *names);
    if (!why || !names)
        return GRADMQ_ERR_MEMORY;
    exchange->reply->answer = GRADMQ_ANSWER_STATUS;
    gradmq_status_report_t *status = &exchange->reply->status;
    *status = (gradmq_status_report_t){
        .product = GRADMQ_PRODUCT,
        .state = engine->state,
        .why = gradmq_engine_why (engine, why, GRADMQ_REASON_BYTES),
        .durability = engine->settings.durability,
        .uptime_ms = gradmq_clock_ms (&engine->clock) - engine->started_ms,
        .members = (uint32_t) gradmq_members_count (engine->members),
        .queued_gradients = gradmq_engine_kept (engine),
        .queued_bytes = gradmq_engine_kept_bytes (engine),
        .learning_rate = gradmq_step_rate (engine->step),
        .schedule_tick = gradmq_step_tick (engine->step),
        .settings_revision = engine->revision,
        .resident_bytes = s_resident_bytes (),
    };
    s_model (engine, status);
    s_open_step (engine, names, status);
    gradmq_err_t err = s_counters (exchange, status);
    if (!err)
        err = s_metrics (exchange, status);
    return err ? err : s_operations (exchange, status);
}
