#include "coordinator/engine.h"

#include "coordinator/publisher.h"
#include "coordinator/recording.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

//  An order that does not depend on that of arrival: by worker, then as each sent them.
static int
s_compare (const void *a, const void *b)
{
    const gradmq_gradient_t *left = &(*(gradmq_entry_t *const *) a)->gradient;
    const gradmq_gradient_t *right = &(*(gradmq_entry_t *const *) b)->gradient;
    int order = strcmp (left->worker, right->worker);
    if (order)
        return order;
    if (left->incarnation != right->incarnation)
        return left->incarnation < right->incarnation ? -1 : 1;
    if (left->sequence != right->sequence)
        return left->sequence < right->sequence ? -1 : 1;
    //  Those added in process have neither name nor number.
    return (*(gradmq_entry_t *const *) a)->place < (*(gradmq_entry_t *const *) b)->place ? -1 : 1;
}

//  What closing needs, one of each a contribution.
typedef struct {
    size_t count;
    gradmq_entry_t **entries;
    const gradmq_gradient_t **gradients;
    gradmq_outcome_t *outcomes;
} s_closing_t;

static bool
s_take_memory (s_closing_t *self)
{
    self->entries = malloc (self->count * sizeof *self->entries);
    self->gradients = malloc (self->count * sizeof *self->gradients);
    self->outcomes = calloc (self->count, sizeof *self->outcomes);
    return self->entries && self->gradients && self->outcomes;
}

static void
s_free_memory (s_closing_t *self)
{
    free (self->entries);
    free (self->gradients);
    free (self->outcomes);
}

//  Tell all that a round or step passed without a version.
static void
s_tell_none (gradmq_engine_t *self, size_t contributions, const gradmq_outcome_t *outcome)
{
    gradmq_notice_args_t args = {
        .notice = GRADMQ_NOTICE_STEP_SKIPPED,
        .count = contributions,
        .code = outcome ? outcome->code : GRADMQ_OK,
        .message = outcome ? gradmq_reason_text (&outcome->reason)
                           : "everybody answered and nobody contributed; there is no new version",
    };
    if (outcome)
        gradmq_count (&self->counters, GRADMQ_COUNTER_steps_skipped, 1);
    gradmq_publisher_notice (self->publisher, self, &args);
    gradmq_publisher_heartbeat (self->publisher, self);
}

static void
s_close (gradmq_engine_t *self, s_closing_t *closing)
{
    gradmq_step_report_t report;
    for (size_t i = 0; i < closing->count; i++) {
        closing->entries [i] = gradmq_queue_pop (&self->open);
        closing->entries [i]->place = i;
    }
    qsort (closing->entries, closing->count, sizeof *closing->entries, s_compare);
    for (size_t i = 0; i < closing->count; i++)
        closing->gradients [i] = &closing->entries [i]->gradient;
    gradmq_step_set_faulty (self->step, self->sync.faulty);
    uint64_t begin = gradmq_clock_us (&self->clock);
    gradmq_step_close (self->step, self->model, closing->gradients, closing->count,
                       closing->outcomes, &report);
    gradmq_engine_note (self, &report, begin);
    gradmq_recording_step (self, closing->entries, closing->count, closing->outcomes [0].code);
    gradmq_sync_closed (&self->sync);
    if (report.steps)
        gradmq_count_size (&self->counters, GRADMQ_BY_SIZE_contributions, closing->count);
    else
        s_tell_none (self, closing->count, &closing->outcomes [0]);
    for (size_t i = 0; i < closing->count; i++)
        gradmq_engine_dispose (self, &closing->entries [i], &closing->outcomes [i]);
}

void
gradmq_engine_close_step (gradmq_engine_t *self)
{
    s_closing_t closing = {.count = self->open.count};
    if (closing.count == 0) {
        gradmq_sync_closed (&self->sync);
        s_tell_none (self, 0, NULL);
    } else if (s_take_memory (&closing))
        s_close (self, &closing);
    else
        gradmq_engine_drop_open (self, GRADMQ_SKIPPED, GRADMQ_ERR_MEMORY);
    s_free_memory (&closing);
}

uint64_t
gradmq_engine_drop_open (gradmq_engine_t *self, gradmq_disposition_t disposition, gradmq_err_t code)
{
    gradmq_outcome_t outcome = {.disposition = disposition, .code = code};
    uint64_t dropped = 0;
    gradmq_recording_drop (self);
    for (gradmq_entry_t *entry; (entry = gradmq_queue_pop (&self->open)); dropped++)
        gradmq_engine_dispose (self, &entry, &outcome);
    gradmq_sync_closed (&self->sync);
    return dropped;
}

void
gradmq_engine_check_open (gradmq_engine_t *self)
{
    gradmq_entry_t *before = NULL, *entry = self->open.first, *next;
    for (; entry; entry = next) {
        next = entry->next;
        gradmq_outcome_t outcome;
        if (gradmq_step_turn (self->step, self->model, &entry->gradient, &outcome)) {
            before = entry;
            continue;
        }
        entry = gradmq_queue_take (&self->open, before);
        gradmq_sync_withdrawn (&self->sync);
        gradmq_engine_dispose (self, &entry, &outcome);
    }
}

void
gradmq_engine_dissolve (gradmq_engine_t *self)
{
    gradmq_recording_drop (self);
    gradmq_queue_put_back (&self->queue, &self->held);
    gradmq_queue_put_back (&self->queue, &self->open);
    gradmq_sync_closed (&self->sync);
}
