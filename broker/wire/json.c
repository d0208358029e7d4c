#include "wire/json.h"

#include "core/code.h"

#include <math.h>

void
gradmq_wire_json_texts (gradmq_jsontext_t *to, const char *key, const gradmq_texts_t *texts)
{
    gradmq_jsontext_open (to, key, '[');
    for (size_t i = 0; i < texts->count; i++)
        gradmq_jsontext_text (to, NULL, texts->items [i]);
    gradmq_jsontext_close (to, ']');
}

static void
s_counters (gradmq_jsontext_t *to, const char *key, const gradmq_counter_t *counters, size_t count)
{
    gradmq_jsontext_open (to, key, '{');
    for (size_t i = 0; i < count; i++)
        gradmq_jsontext_number (to, counters [i].name, counters [i].value);
    gradmq_jsontext_close (to, '}');
}

void
gradmq_wire_json_position (gradmq_jsontext_t *to, const gradmq_position_t *position)
{
    gradmq_jsontext_open (to, "position", '{');
    gradmq_jsontext_id (to, "instance", position->instance);
    gradmq_jsontext_number (to, "epoch", position->epoch);
    gradmq_jsontext_number (to, "version", position->version);
    gradmq_jsontext_close (to, '}');
}

//  ------------------------------------------------------------------------------------------------
//  Status

static void
s_operations (gradmq_jsontext_t *to, const gradmq_status_report_t *status)
{
    gradmq_jsontext_open (to, "operations", '[');
    for (size_t i = 0; i < status->operation_count; i++) {
        const gradmq_operation_t *operation = &status->operations [i];
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_jsontext_number (to, "operation", operation->operation);
        gradmq_jsontext_text (to, "name", operation->name);
        gradmq_jsontext_flag (to, "done", operation->done);
        gradmq_jsontext_number (to, "code", operation->code);
        gradmq_jsontext_text (to, "message", operation->message);
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
}

static void
s_last_metrics (gradmq_jsontext_t *to, const gradmq_status_report_t *status)
{
    gradmq_jsontext_open (to, "metrics", '[');
    for (size_t i = 0; i < status->metric_count; i++) {
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_jsontext_text (to, "name", status->metrics [i].name);
        gradmq_jsontext_real (to, "value", status->metrics [i].value);
        gradmq_jsontext_text (to, "worker", status->metrics [i].worker);
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
}

static void
s_waiting (gradmq_jsontext_t *to, const gradmq_status_report_t *status)
{
    gradmq_jsontext_text (to, "policy", status->policy);
    gradmq_jsontext_text (to, "rule", status->rule);
    gradmq_jsontext_number (to, "round", status->round);
    if (status->has_deadline)
        gradmq_jsontext_number (to, "deadline_ms", status->deadline_ms);
    else
        gradmq_jsontext_text (to, "deadline_ms", NULL);
    gradmq_jsontext_number (to, "min_clock", status->min_clock);
    gradmq_jsontext_number (to, "contributions", status->contributions);
    gradmq_jsontext_number (to, "needed", status->needed);
    gradmq_wire_json_texts (to, "waiting_for", &status->waiting_for);
    gradmq_jsontext_number (to, "waiting_total", status->waiting_total);
}

void
gradmq_wire_json_status (gradmq_jsontext_t *to, const gradmq_status_report_t *status)
{
    gradmq_jsontext_text (to, "product", status->product);
    gradmq_jsontext_text (to, "state", gradmq_state_name (status->state));
    gradmq_jsontext_text (to, "why", status->why);
    gradmq_jsontext_text (to, "durability", status->durability);
    gradmq_jsontext_number (to, "uptime_ms", status->uptime_ms);
    gradmq_jsontext_number (to, "members", status->members);
    gradmq_jsontext_number (to, "queued_gradients", status->queued_gradients);
    gradmq_jsontext_number (to, "queued_bytes", status->queued_bytes);
    gradmq_jsontext_number (to, "elements", status->elements);
    gradmq_jsontext_number (to, "tensors", status->tensors);
    gradmq_jsontext_real (to, "learning_rate", status->learning_rate);
    gradmq_jsontext_number (to, "schedule_tick", status->schedule_tick);
    gradmq_jsontext_number (to, "settings_revision", status->settings_revision);
    gradmq_jsontext_number (to, "snapshots_pinned", status->snapshots_pinned);
    gradmq_jsontext_number (to, "resident_bytes", status->resident_bytes);
    s_waiting (to, status);
    s_counters (to, "counters", status->counters, status->counter_count);
    s_operations (to, status);
    s_last_metrics (to, status);
}

//  ------------------------------------------------------------------------------------------------
//  Workers and steps

void
gradmq_wire_json_worker (gradmq_jsontext_t *to, const gradmq_worker_row_t *worker)
{
    gradmq_jsontext_text (to, "name", worker->name);
    gradmq_jsontext_number (to, "incarnation", worker->incarnation);
    gradmq_jsontext_flag (to, "leaving", worker->leaving);
    gradmq_jsontext_number (to, "lease_left_ms", worker->lease_left_ms);
    gradmq_jsontext_number (to, "seen_ms_ago", worker->seen_ms_ago);
    gradmq_jsontext_number (to, "received_through", worker->received_through);
    gradmq_jsontext_number (to, "settled_through", worker->settled_through);
    gradmq_jsontext_number (to, "queued", worker->queued);
    gradmq_jsontext_number (to, "clock", worker->clock);
    gradmq_jsontext_number (to, "base_version", worker->base_version);
    gradmq_jsontext_real (to, "staleness_mean", worker->staleness_mean);
    s_counters (to, "dispositions", worker->dispositions, worker->disposition_count);
    gradmq_jsontext_open (to, "metrics", '[');
    for (size_t i = 0; i < worker->metric_count; i++) {
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_jsontext_text (to, "name", worker->metrics [i].name);
        gradmq_jsontext_real (to, "value", worker->metrics [i].value);
        gradmq_jsontext_real (to, "weight", worker->metrics [i].weight);
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
}

void
gradmq_wire_json_step (gradmq_jsontext_t *to, const gradmq_step_body_t *step)
{
    gradmq_jsontext_number (to, "steps", step->steps);
    gradmq_jsontext_real (to, "learning_rate", step->learning_rate);
    gradmq_jsontext_real (to, "gradient_norm", step->has_gradient_norm ? step->gradient_norm : NAN);
    gradmq_jsontext_real (to, "update_norm", step->has_update_norm ? step->update_norm : NAN);
    gradmq_jsontext_real (to, "staleness_mean", step->has_staleness ? step->staleness_mean : NAN);
    gradmq_jsontext_number (to, "staleness_maximum", step->staleness_maximum);
    gradmq_jsontext_open (to, "metrics", '[');
    for (size_t i = 0; i < step->metric_count; i++) {
        const gradmq_step_metric_t *metric = &step->metrics [i];
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_jsontext_text (to, "name", metric->name);
        gradmq_jsontext_real (to, "mean", metric->mean);
        gradmq_jsontext_real (to, "minimum", metric->minimum);
        gradmq_jsontext_real (to, "maximum", metric->maximum);
        gradmq_jsontext_number (to, "count", metric->count);
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
}
