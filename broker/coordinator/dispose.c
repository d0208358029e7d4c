#include "coordinator/engine.h"

#include "coordinator/journal.h"
#include "coordinator/publisher.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//  The sums kept for this metric. When there are too many names, the one that was reported longest ago
//  makes room.
static gradmq_metric_sum_t *
s_metric (gradmq_engine_t *self, const char *name)
{
    gradmq_metric_sum_t *sum = &self->metrics [0];
    for (size_t i = 0; i < self->metric_count; i++) {
        if (strcmp (self->metrics [i].name, name) == 0)
            return &self->metrics [i];
        if (self->metrics [i].reported < sum->reported)
            sum = &self->metrics [i];
    }
    if (self->metric_count < GRADMQ_METRIC_NAMES_MAX)
        sum = &self->metrics [self->metric_count++];
    *sum = (gradmq_metric_sum_t){0};
    snprintf (sum->name, sizeof sum->name, "%s", name);
    return sum;
}

//  Keep what a worker reported last. Without memory the older report stays.
static void
s_keep_metrics (gradmq_member_t *member, const gradmq_gradient_t *gradient)
{
    if (!gradient->metric_count)
        return;
    if (!member->metrics)
        member->metrics = malloc (sizeof (gradmq_worker_metrics_t));
    gradmq_worker_metrics_t *kept = member->metrics;
    if (!kept)
        return;
    kept->count = gradient->metric_count;
    memcpy (kept->metrics, gradient->metrics, kept->count * sizeof kept->metrics [0]);
}

static void
s_add_metrics (gradmq_engine_t *self, const gradmq_gradient_t *gradient)
{
    for (size_t i = 0; i < gradient->metric_count; i++) {
        const gradmq_metric_t *metric = &gradient->metrics [i];
        gradmq_metric_sum_t *sum = s_metric (self, metric->name);
        sum->reported = ++self->metrics_reported;
        if (sum->count == 0) {
            sum->weighted_sum = sum->weight = 0;
            sum->minimum = sum->maximum = metric->value;
        }
        sum->weighted_sum += metric->weight * metric->value;
        sum->weight += metric->weight;
        sum->minimum = fmin (sum->minimum, metric->value);
        sum->maximum = fmax (sum->maximum, metric->value);
        sum->newest = metric->value;
        sum->count++;
        snprintf (sum->worker, sizeof sum->worker, "%s", gradient->worker);
    }
}

static void
s_add_staleness (gradmq_engine_t *self, gradmq_member_t *member, uint64_t staleness)
{
    gradmq_count_size (&self->counters, GRADMQ_BY_SIZE_staleness, staleness);
    self->staleness_sum += (double) staleness;
    self->staleness_count++;
    if (staleness > self->staleness_maximum)
        self->staleness_maximum = staleness;
    if (!member)
        return;
    member->staleness_sum += (double) staleness;
    member->staleness_count++;
}

static gradmq_counter_id_t
s_counter (gradmq_disposition_t disposition)
{
    static const gradmq_counter_id_t ids [] = {
        [GRADMQ_APPLIED] = GRADMQ_COUNTER_applied,     [GRADMQ_EXCLUDED] = GRADMQ_COUNTER_excluded,
        [GRADMQ_SKIPPED] = GRADMQ_COUNTER_skipped,     [GRADMQ_REFUSED] = GRADMQ_COUNTER_refused,
        [GRADMQ_DISCARDED] = GRADMQ_COUNTER_discarded,
    };
    return ids [disposition];
}

//  A step that could not be made.
static void
s_tell_skipped (gradmq_engine_t *self, const gradmq_entry_t *entry, const gradmq_outcome_t *outcome)
{
    const gradmq_gradient_t *gradient = &entry->gradient;
    gradmq_member_t about = {.incarnation = gradient->incarnation};
    snprintf (about.name, sizeof about.name, "%s", gradient->worker);
    gradmq_notice_args_t args = {.notice = GRADMQ_NOTICE_STEP_SKIPPED,
                                 .member = entry->local ? NULL : &about,
                                 .sequence = gradient->sequence,
                                 .code = outcome->code,
                                 .message = gradmq_reason_text (&outcome->reason)};
    gradmq_count (&self->counters, GRADMQ_COUNTER_steps_skipped, 1);
    gradmq_publisher_notice (self->publisher, self, &args);
}

static void
s_tell (gradmq_engine_t *self, gradmq_member_t *member, const gradmq_entry_t *entry,
        const gradmq_outcome_t *outcome)
{
    const char *message = gradmq_reason_text (&outcome->reason);
    if (outcome->disposition != GRADMQ_REFUSED) {
        //  A step of several is told once, by who closed it.
        if (outcome->code == GRADMQ_ERR_NON_FINITE
            && gradmq_policy_alone (self->sync.policy, &self->settings))
            s_tell_skipped (self, entry, outcome);
    } else if (member)
        gradmq_engine_tell (self, member, GRADMQ_NOTICE_REFUSED, entry->gradient.sequence,
                            outcome->code, message);
    else
        gradmq_engine_tell_stranger (self, &entry->gradient, GRADMQ_NOTICE_REFUSED, outcome->code,
                                     message);
}

static void
s_dispose (gradmq_engine_t *self, const gradmq_entry_t *entry, const gradmq_outcome_t *outcome)
{
    const gradmq_gradient_t *gradient = &entry->gradient;
    gradmq_member_t *member = NULL;
    gradmq_count (&self->counters, s_counter (outcome->disposition), 1);
    if (outcome->disposition == GRADMQ_REFUSED)
        gradmq_count_code (&self->counters, GRADMQ_BY_CODE_refused_by, outcome->code);
    else if (outcome->disposition == GRADMQ_SKIPPED && outcome->code)
        gradmq_count_code (&self->counters, GRADMQ_BY_CODE_skipped_by, outcome->code);
    if (!entry->local)
        member = gradmq_members_let_go (self->members, gradient->worker, gradient->incarnation,
                                        gradient->payload.bytes);
    if (member) {
        gradmq_window_dispose (&member->window, gradient->sequence, outcome->disposition,
                               outcome->code);
        member->disposed [outcome->disposition]++;
        if (outcome->code)
            member->refused_by [gradmq_counted_code (outcome->code)]++;
        gradmq_journal_disposed (self, gradient, outcome->disposition, outcome->code);
        gradmq_engine_has_news (self, member);
    }
    if (outcome->disposition != GRADMQ_APPLIED) {
        s_tell (self, member, entry, outcome);
        return;
    }
    s_add_metrics (self, gradient);
    if (member)
        s_keep_metrics (member, gradient);
    if (gradient->has_base)
        s_add_staleness (self, member, outcome->staleness);
}

void
gradmq_engine_dispose (gradmq_engine_t *self, gradmq_entry_t **entry_p,
                       const gradmq_outcome_t *outcome)
{
    s_dispose (self, *entry_p, outcome);
    gradmq_queue_free_entry (&self->queue, entry_p);
}

void
gradmq_engine_note (gradmq_engine_t *self, const gradmq_step_report_t *report, uint64_t begin_us)
{
    if (!report->steps)
        return;
    gradmq_count (&self->counters, GRADMQ_COUNTER_steps, report->steps);
    gradmq_count (&self->counters, GRADMQ_COUNTER_passes, 1);
    gradmq_count_size (&self->counters, GRADMQ_BY_SIZE_pass_us,
                       gradmq_clock_us (&self->clock) - begin_us);
    self->report_steps += report->steps;
    gradmq_step_report_t before = self->report;
    self->report = *report;
    //  A norm is told with the next report, whatever steps came after it.
    if (isnan (report->gradient_norm))
        self->report.gradient_norm = before.gradient_norm;
    if (isnan (report->update_norm))
        self->report.update_norm = before.update_norm;
}
