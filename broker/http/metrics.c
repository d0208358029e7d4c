#include "http/document.h"

#include "core/code.h"

#include <math.h>
#include <stdlib.h>

static void
s_set_model (double values [GRADMQ_GAUGES], const gradmq_view_t *view)
{
    const gradmq_position_t *position = &view->look->status.position;
    const gradmq_status_report_t *status = &view->look->status.status;
    values [GRADMQ_GAUGE_epoch] = (double) position->epoch;
    values [GRADMQ_GAUGE_version] = (double) position->version;
    values [GRADMQ_GAUGE_model_parameters] = (double) status->elements;
    values [GRADMQ_GAUGE_model_tensors] = status->tensors;
    values [GRADMQ_GAUGE_learning_rate] = status->learning_rate;
    values [GRADMQ_GAUGE_schedule_ticks] = (double) status->schedule_tick;
    values [GRADMQ_GAUGE_settings_revision] = (double) status->settings_revision;
    values [GRADMQ_GAUGE_pinned_snapshots] = (double) status->snapshots_pinned;
    values [GRADMQ_GAUGE_checkpoint_age_seconds] = view->look->checkpoint_age_s;
    values [GRADMQ_GAUGE_state_free_bytes] = view->look->free_bytes;
    values [GRADMQ_GAUGE_state_size_bytes] = view->look->size_bytes;
    values [GRADMQ_GAUGE_gradient_norm] = view->gradient_norm;
    values [GRADMQ_GAUGE_update_norm] = view->update_norm;
}

static void
s_set_workers (double values [GRADMQ_GAUGES], const gradmq_view_t *view)
{
    const gradmq_status_report_t *status = &view->look->status.status;
    const gradmq_settings_t *settings = view->look->settings.parameters.settings;
    values [GRADMQ_GAUGE_members] = status->members;
    values [GRADMQ_GAUGE_waiting_workers] = status->waiting_total;
    values [GRADMQ_GAUGE_round] = (double) status->round;
    values [GRADMQ_GAUGE_least_clock] = (double) status->min_clock;
    values [GRADMQ_GAUGE_open_step_contributions] = (double) status->contributions;
    values [GRADMQ_GAUGE_open_step_needed] = (double) status->needed;
    values [GRADMQ_GAUGE_queue_gradients] = (double) status->queued_gradients;
    values [GRADMQ_GAUGE_queue_bytes] = (double) status->queued_bytes;
    values [GRADMQ_GAUGE_queue_limit_gradients] = (double) settings->queue_gradients;
    values [GRADMQ_GAUGE_queue_limit_bytes] = (double) settings->queue_bytes;
    values [GRADMQ_GAUGE_credit_gradients] = view->look->credit_gradients;
    values [GRADMQ_GAUGE_credit_bytes] = (double) view->look->credit_bytes;
}

static void
s_print_state (FILE *to, const char *model, uint32_t state)
{
    gradmq_labelled_t list [GRADMQ_STATE_CLOSING];
    for (uint32_t i = GRADMQ_STATE_EMPTY; i <= GRADMQ_STATE_CLOSING; i++)
        list [i - 1] = (gradmq_labelled_t){gradmq_state_name (i), i == state};
    gradmq_prometheus_labelled (to, model, GRADMQ_LABELLED_state, list, GRADMQ_STATE_CLOSING);
}

char *
gradmq_document_metrics (const gradmq_view_t *view, uint64_t idle_ms, size_t *size)
{
    const gradmq_look_t *look = view->look;
    const char *model = look->status.model;
    double values [GRADMQ_GAUGES] = {0};
    s_set_model (values, view);
    s_set_workers (values, view);
    values [GRADMQ_GAUGE_resident_bytes] = (double) look->status.status.resident_bytes;
    values [GRADMQ_GAUGE_uptime_seconds] = (double) look->status.status.uptime_ms / 1e3;
    values [GRADMQ_GAUGE_idle_seconds] = (double) idle_ms / 1e3;
    char *text = NULL;
    FILE *to = open_memstream (&text, size);
    if (!to)
        return NULL;
    gradmq_prometheus_counters (to, model, &look->counters);
    gradmq_prometheus_gauges (to, model, values);
    s_print_state (to, model, look->status.status.state);
    gradmq_prometheus_labelled (to, model, GRADMQ_LABELLED_reported, view->reported,
                                view->reported_count);
    if (fclose (to)) {
        free (text);
        return NULL;
    }
    return text;
}
