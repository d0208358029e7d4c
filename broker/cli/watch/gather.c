#include "cli/watch/gather.h"

#include "cli/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
gradmq_gather_begin (gradmq_gather_t *self)
{
    self->steps = 0;
    self->staleness_sum = 0;
    self->staleness_steps = self->staleness_maximum = 0;
    self->gradient_norm = self->update_norm = (double) NAN;
    self->metric_count = 0;
}

static void
s_add_metric (gradmq_gather_t *self, const gradmq_step_metric_t *metric)
{
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    size_t i = 0;
    if (!metric->name || !isfinite (metric->mean))
        return;
    gradmq_text_clean (name, sizeof name, metric->name);
    while (i < self->metric_count && strcmp (self->metrics [i].name, name) != 0)
        i++;
    if (i == GRADMQ_METRICS_MAX)
        return;
    if (i == self->metric_count) {
        self->metrics [i] = (gradmq_gather_metric_t){.sum = 0};
        memcpy (self->metrics [i].name, name, sizeof name);
        self->metric_count++;
    }
    uint64_t count = metric->count ? metric->count : 1;
    self->metrics [i].sum += metric->mean * (double) count;
    self->metrics [i].count += count;
}

static void
s_add_step (gradmq_gather_t *self, const gradmq_step_body_t *step)
{
    self->steps += step->steps;
    if (step->has_gradient_norm)
        self->gradient_norm = step->gradient_norm;
    if (step->has_update_norm)
        self->update_norm = step->update_norm;
    if (step->has_staleness) {
        self->staleness_sum += step->staleness_mean * (double) step->steps;
        self->staleness_steps += step->steps;
        if (step->staleness_maximum > self->staleness_maximum)
            self->staleness_maximum = step->staleness_maximum;
    }
    for (size_t i = 0; i < step->metric_count; i++)
        s_add_metric (self, &step->metrics [i]);
}

void
gradmq_gather_note (gradmq_gather_t *self, const char *clock, const char *text)
{
    if (self->notice_count == GRADMQ_GATHER_NOTICES) {
        memmove (self->notices [0], self->notices [1],
                 sizeof self->notices - sizeof self->notices [0]);
        self->notice_count--;
    }
    char line [GRADMQ_GATHER_NOTICE_BYTES];
    snprintf (line, sizeof line, "%s  %s", clock, text);
    gradmq_text_clean (self->notices [self->notice_count++], GRADMQ_GATHER_NOTICE_BYTES, line);
}

static void
s_add_notice (gradmq_gather_t *self, const gradmq_notice_body_t *notice, const char *clock)
{
    char text [GRADMQ_GATHER_NOTICE_BYTES];
    bool named = notice->worker && notice->worker [0];
    bool said = notice->message && notice->message [0];
    snprintf (text, sizeof text, "%s%s%s%s%s", gradmq_notice_name (notice->notice),
              named ? " " : "", named ? notice->worker : "", said ? ": " : "",
              said ? notice->message : "");
    gradmq_gather_note (self, clock, text);
}

void
gradmq_gather_event (gradmq_gather_t *self, const gradmq_event_t *event, const char *clock)
{
    if (event->kind == GRADMQ_EVENT_STEP)
        s_add_step (self, &event->step);
    else if (event->kind == GRADMQ_EVENT_NOTICE)
        s_add_notice (self, &event->notice, clock);
    if (event->kind != GRADMQ_EVENT_NOTICE || event->notice.notice != GRADMQ_NOTICE_CLOSING)
        return;
    self->closing = true;
    self->last = event->position;
}

double
gradmq_gather_staleness (const gradmq_gather_t *self)
{
    if (!self->staleness_steps)
        return (double) NAN;
    return self->staleness_sum / (double) self->staleness_steps;
}

double
gradmq_gather_mean (const gradmq_gather_t *self, const char *metric)
{
    for (size_t i = 0; i < self->metric_count; i++)
        if (strcmp (self->metrics [i].name, metric) == 0)
            return self->metrics [i].sum / (double) self->metrics [i].count;
    return (double) NAN;
}
