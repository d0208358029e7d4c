#include "cli/watch/look.h"

#include "cli/text.h"
#include "core/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint64_t
s_counter (const gradmq_status_report_t *status, const char *name)
{
    for (size_t i = 0; i < status->counter_count; i++)
        if (status->counters [i].name && strcmp (status->counters [i].name, name) == 0)
            return status->counters [i].value;
    return 0;
}

static void
s_set_metrics (gradmq_look_t *self, const gradmq_status_report_t *status,
               const gradmq_gather_t *gather)
{
    for (size_t i = 0; i < status->metric_count && i < GRADMQ_METRICS_MAX; i++) {
        gradmq_look_metric_t *metric = &self->metrics [self->metric_count++];
        const char *name = status->metrics [i].name;
        gradmq_text_clean (metric->name, sizeof metric->name, name ? name : "?");
        double mean = gradmq_gather_mean (gather, metric->name);
        metric->value = isfinite (mean) ? mean : status->metrics [i].value;
    }
}

static void
s_set_open_step (gradmq_look_t *self, const gradmq_status_report_t *status)
{
    char text [GRADMQ_OPEN_STEP_BYTES];
    gradmq_text_clean (self->policy, sizeof self->policy, status->policy ? status->policy : "");
    gradmq_text_clean (self->rule, sizeof self->rule, status->rule ? status->rule : "");
    gradmq_text_clean (self->open_step, sizeof self->open_step,
                       gradmq_open_step_text (text, status));
    gradmq_text_clean (self->waiting, sizeof self->waiting,
                       gradmq_open_step_waiting (text, status));
    self->round = status->round;
    self->min_clock = status->min_clock;
    self->contributions = status->contributions;
    self->needed = status->needed;
    self->waiting_total = status->waiting_total;
    self->deadline_ms = status->has_deadline ? (double) status->deadline_ms : (double) NAN;
    for (size_t i = 0; i < status->waiting_for.count && i < GRADMQ_WAITING_NAMES; i++)
        gradmq_text_clean (self->names [self->name_count++], sizeof self->names [0],
                           status->waiting_for.items [i]);
}

static void
s_set_status (gradmq_look_t *self, const gradmq_reply_t *reply, const gradmq_gather_t *gather)
{
    const gradmq_status_report_t *status = &reply->status;
    gradmq_text_clean (self->model, sizeof self->model, reply->model ? reply->model : "?");
    gradmq_text_clean (self->why, sizeof self->why, status->why ? status->why : "");
    self->state = status->state;
    self->instance = reply->position.instance;
    self->epoch = reply->position.epoch;
    self->version = reply->position.version;
    self->learning_rate = status->learning_rate;
    self->queued_gradients = status->queued_gradients;
    self->queued_bytes = status->queued_bytes;
    self->uptime_ms = status->uptime_ms;
    self->resident_bytes = status->resident_bytes;
    self->elements = status->elements;
    self->members = status->members;
    self->received = s_counter (status, "gradients_received");
    self->not_applied = s_counter (status, "refused") + s_counter (status, "skipped")
                        + s_counter (status, "excluded") + s_counter (status, "discarded");
    s_set_open_step (self, status);
    s_set_metrics (self, status, gather);
}

static double
s_rate (uint64_t now, uint64_t before, double seconds)
{
    if (!(seconds > 0) || now < before)
        return (double) NAN;
    return (double) (now - before) / seconds;
}

void
gradmq_look_rates (gradmq_look_t *self, const gradmq_look_t *before)
{
    self->versions_per_s = self->gradients_per_s = (double) NAN;
    if (!before || before->instance != self->instance || self->at_ms <= before->at_ms)
        return;
    double seconds = (double) (self->at_ms - before->at_ms) / 1000;
    if (self->epoch == before->epoch)
        self->versions_per_s = s_rate (self->version, before->version, seconds);
    self->gradients_per_s = s_rate (self->received, before->received, seconds);
    for (size_t i = 0; i < self->roster.count; i++) {
        gradmq_roster_row_t *row = &self->roster.members [i];
        const gradmq_roster_row_t *old =
            gradmq_roster_find (&before->roster, row->name, row->incarnation);
        if (old)
            row->received_per_s = s_rate (row->received_through, old->received_through, seconds);
    }
}

gradmq_err_t
gradmq_look_take (gradmq_look_t *self, gradmq_remote_t *remote, const gradmq_look_t *before,
                  const gradmq_gather_t *gather, gradmq_reason_t *reason)
{
    gradmq_clock_t clock = gradmq_clock_real ();
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
    *self = (gradmq_look_t){.at_ms = gradmq_clock_ms (&clock)};
    gradmq_err_t err = gradmq_remote_call (remote, &request, NULL, 0, &reply, reason);
    if (err)
        return err;
    self->at_ms = gradmq_clock_ms (&clock);
    self->unix_ms = gradmq_clock_unix_us (&clock) / 1000;
    s_set_status (self, reply, gather);
    self->staleness_mean = gradmq_gather_staleness (gather);
    self->staleness_maximum = gather->staleness_maximum;
    self->gradient_norm = gather->gradient_norm;
    self->update_norm = gather->update_norm;
    err = gradmq_roster_read (&self->roster, remote, reason);
    gradmq_look_rates (self, before);
    return err;
}

void
gradmq_look_clear (gradmq_look_t *self)
{
    gradmq_roster_clear (&self->roster);
}

void
gradmq_look_closed (gradmq_look_t *self, const gradmq_gather_t *gather)
{
    gradmq_look_rates (self, NULL);
    self->state = GRADMQ_STATE_CLOSING;
    self->why [0] = self->waiting [0] = 0;
    self->name_count = self->waiting_total = 0;
    self->deadline_ms = (double) NAN;
    self->instance = gather->last.instance;
    self->epoch = gather->last.epoch;
    self->version = gather->last.version;
}
