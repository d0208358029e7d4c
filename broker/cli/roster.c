#include "cli/roster.h"

#include "cli/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 256u

static void
s_append (char text [GRADMQ_ROSTER_TEXT_BYTES], const char *piece)
{
    size_t length = strlen (text);
    snprintf (text + length, GRADMQ_ROSTER_TEXT_BYTES - length, "%s%s", length ? ", " : "", piece);
}

static void
s_set_dispositions (gradmq_roster_row_t *self, const gradmq_worker_row_t *row)
{
    for (size_t i = 0; i < row->disposition_count; i++) {
        const gradmq_counter_t *counter = &row->dispositions [i];
        char piece [GRADMQ_ROSTER_TEXT_BYTES];
        if (!counter->name || !counter->value)
            continue;
        if (strcmp (counter->name, gradmq_disposition_name (GRADMQ_APPLIED)) == 0) {
            self->applied = counter->value;
            continue;
        }
        self->not_applied += counter->value;
        snprintf (piece, sizeof piece, "%" PRIu64 " %s", counter->value, counter->name);
        s_append (self->not_applied_text, piece);
    }
}

static void
s_set_metrics (gradmq_roster_row_t *self, const gradmq_worker_row_t *row)
{
    for (size_t i = 0; i < row->metric_count && i < GRADMQ_ROSTER_METRICS; i++) {
        gradmq_roster_metric_t *metric = &self->metrics [self->metric_count++];
        char piece [GRADMQ_ROSTER_TEXT_BYTES], real [GRADMQ_TEXT_BYTES];
        gradmq_text_clean (metric->name, sizeof metric->name, row->metrics [i].name);
        metric->value = row->metrics [i].value;
        snprintf (piece, sizeof piece, "%s %s", metric->name,
                  gradmq_text_real (real, metric->value));
        s_append (self->metrics_text, piece);
    }
}

void
gradmq_roster_row_set (gradmq_roster_row_t *self, const gradmq_worker_row_t *row)
{
    *self = (gradmq_roster_row_t){
        .incarnation = row->incarnation,
        .leaving = row->leaving,
        .lease_left_ms = row->lease_left_ms,
        .seen_ms_ago = row->seen_ms_ago,
        .received_through = row->received_through,
        .settled_through = row->settled_through,
        .queued = row->queued,
        .base_version = row->base_version,
        .clock = row->clock,
        .staleness_mean = row->staleness_mean,
        .received_per_s = (double) NAN,
    };
    gradmq_text_clean (self->name, sizeof self->name, row->name ? row->name : "?");
    s_set_dispositions (self, row);
    s_set_metrics (self, row);
}

static gradmq_err_t
s_add_page (gradmq_roster_t *self, const gradmq_workers_t *page, gradmq_reason_t *reason)
{
    size_t count = self->count + page->count;
    gradmq_roster_row_t *members = realloc (self->members, (count + 1) * sizeof *members);
    if (!members)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory for %zu workers", count);
    self->members = members;
    for (size_t i = 0; i < page->count; i++)
        gradmq_roster_row_set (&members [self->count++], &page->workers [i]);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_roster_read (gradmq_roster_t *self, gradmq_remote_t *remote, gradmq_reason_t *reason)
{
    char after [GRADMQ_NAME_BYTES_MAX + 1];
    gradmq_request_t request = {.command = GRADMQ_COMMAND_LIST_WORKERS, .limit = PAGE};
    for (;;) {
        const gradmq_reply_t *reply;
        gradmq_err_t err = gradmq_remote_call (remote, &request, NULL, 0, &reply, reason);
        if (!err)
            err = s_add_page (self, &reply->workers, reason);
        if (err)
            return err;
        //  A page that says there is more and holds nothing would ask for ever.
        if (!reply->workers.more || !reply->workers.count || self->count >= GRADMQ_MEMBERS_MAX)
            return GRADMQ_OK;
        snprintf (after, sizeof after, "%s", self->members [self->count - 1].name);
        request.after = after;
    }
}

void
gradmq_roster_clear (gradmq_roster_t *self)
{
    free (self->members);
    *self = (gradmq_roster_t){.count = 0};
}

const gradmq_roster_row_t *
gradmq_roster_find (const gradmq_roster_t *self, const char *name, uint64_t incarnation)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->members [i].incarnation == incarnation
            && strcmp (self->members [i].name, name) == 0)
            return &self->members [i];
    return NULL;
}
