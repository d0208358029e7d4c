#include "coordinator/engine.h"

#include "coordinator/checkpoints.h"
#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "coordinator/recording.h"
#include "coordinator/reports.h"
#include "core/log.h"
#include "core/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

//  Most members to whom a smaller credit is told as soon as somebody joins.
enum { TOLD_AT_ONCE = 64 };

gradmq_engine_t *
gradmq_engine_new (const char *name, gradmq_clock_t clock, uint64_t heartbeat_ms)
{
    gradmq_engine_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    snprintf (self->name, sizeof self->name, "%s", name);
    self->instance = gradmq_random_u64 ();
    self->clock = clock;
    self->heartbeat_ms = heartbeat_ms;
    self->started_ms = gradmq_clock_ms (&self->clock);
    self->state = GRADMQ_STATE_EMPTY;
    self->model = gradmq_model_new (clock);
    self->step = gradmq_step_new ();
    self->members = gradmq_members_new ();
    self->revision = 1;
    self->report.gradient_norm = self->report.update_norm = NAN;
    gradmq_resolve_defaults (&self->settings);
    if (!self->model || !self->step || !self->members
        || gradmq_step_set (self->step, &self->settings, NULL, NULL)) {
        gradmq_engine_destroy (&self);
        return NULL;
    }
    gradmq_sync_init (&self->sync, self->members);
    gradmq_sync_set (&self->sync, &self->settings, 1);
    return self;
}

void
gradmq_engine_destroy (gradmq_engine_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_engine_t *self = *self_p;
    gradmq_recorder_abandon (&self->recording.recorder);
    free (self->recording.directory);
    gradmq_reports_destroy (&self->reports);
    gradmq_checkpoints_free (self);
    gradmq_journal_unlock (self);
    gradmq_queue_clear (&self->open);
    gradmq_queue_clear (&self->held);
    gradmq_queue_clear (&self->queue);
    gradmq_members_destroy (&self->members);
    gradmq_step_destroy (&self->step);
    gradmq_model_destroy (&self->model);
    free (self);
    *self_p = NULL;
}

gradmq_position_t
gradmq_engine_position (const gradmq_engine_t *self)
{
    return (gradmq_position_t){.instance = self->instance,
                               .epoch = gradmq_model_epoch (self->model),
                               .version = gradmq_model_version (self->model)};
}

uint64_t
gradmq_engine_kept (const gradmq_engine_t *self)
{
    return self->queue.count + self->held.count + self->open.count - self->queue.refused
           - self->held.refused;
}

uint64_t
gradmq_engine_kept_bytes (const gradmq_engine_t *self)
{
    return self->queue.bytes + self->held.bytes + self->open.bytes;
}

uint64_t
gradmq_engine_deadline_ms (const gradmq_engine_t *self)
{
    if (self->state != GRADMQ_STATE_RUNNING)
        return UINT64_MAX;
    return gradmq_sync_deadline_ms (&self->sync, &self->settings);
}

uint64_t
gradmq_engine_time_left_ms (const gradmq_engine_t *self)
{
    uint64_t deadline = gradmq_engine_deadline_ms (self);
    uint64_t now = gradmq_clock_ms (&self->clock);
    if (deadline == UINT64_MAX)
        return UINT64_MAX;
    return deadline > now ? deadline - now : 0;
}

uint64_t
gradmq_engine_pinned_most (const gradmq_engine_t *self)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    uint64_t small = layout ? GRADMQ_PINNED_BYTES / gradmq_layout_bytes (layout) : 0;
    if (small > GRADMQ_PINNED_MOST)
        small = GRADMQ_PINNED_MOST;
    uint64_t set = self->settings.pinned_snapshots;
    return small > set ? small : set;
}

bool
gradmq_engine_pinned_full (const gradmq_engine_t *self)
{
    return gradmq_model_pinned (self->model) >= gradmq_engine_pinned_most (self);
}

const char *
gradmq_engine_why (const gradmq_engine_t *self, char *text, size_t size)
{
    switch (self->state) {
        case GRADMQ_STATE_EMPTY:
            snprintf (text, size, "no model is loaded");
            return text;
        case GRADMQ_STATE_STOPPED:
            snprintf (text, size, "stopped; %" PRIu64 " gradient%s for a start",
                      gradmq_engine_kept (self),
                      gradmq_engine_kept (self) == 1 ? " waits" : "s wait");
            return text;
        case GRADMQ_STATE_CLOSING:
            snprintf (text, size, "closing");
            return text;
        case GRADMQ_STATE_RUNNING:
            gradmq_sync_why (&self->sync, &self->settings, text, size);
            if (!text [0] && self->update_left_out)
                snprintf (text, size,
                          "updates are left out: readers hold %zu old versions; pinned_snapshots "
                          "allows %" PRIu64,
                          gradmq_model_pinned (self->model), gradmq_engine_pinned_most (self));
            return text [0] ? text : NULL;
    }
    return NULL;
}

void
gradmq_engine_has_news (gradmq_engine_t *self, gradmq_member_t *member)
{
    if (member->news)
        return;
    member->news = true;
    self->news [self->news_count++] = member;
}

void
gradmq_engine_notice (gradmq_engine_t *self, gradmq_notice_t notice, const char *message,
                      uint64_t count)
{
    gradmq_notice_args_t args = {.notice = notice, .message = message, .count = count};
    gradmq_publisher_notice (self->publisher, self, &args);
}

//  The others have less credit than they were told. Where they are many, so are joins, and the next
//  heartbeat tells them of all.
static void
s_credit_fell (gradmq_engine_t *self, const gradmq_member_t *joined)
{
    self->credit_fell = true;
    if (gradmq_members_count (self->members) > TOLD_AT_ONCE)
        return;
    for (gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m))
        if (m != joined)
            gradmq_engine_has_news (self, m);
}

void
gradmq_engine_joined (gradmq_engine_t *self, const gradmq_joined_member_t *joined)
{
    if (joined->is_new || joined->returned)
        gradmq_journal_joined (self, joined);
    if (joined->is_new)
        gradmq_sync_joined (&self->sync, joined->member, joined->adopted);
    else if (joined->returned)
        gradmq_sync_members_changed (&self->sync);
    if (joined->is_new || joined->returned)
        s_credit_fell (self, joined->member);
}

static void
s_expired (gradmq_member_t *member, void *context)
{
    gradmq_engine_t *self = context;
    gradmq_sync_leaves (&self->sync, member);
    gradmq_journal_gone (self, member);
    gradmq_count (&self->counters, GRADMQ_COUNTER_expirations, 1);
    gradmq_log (GRADMQ_LOG_WARNING, "worker %s: its lease ran out", member->name);
    gradmq_notice_args_t args = {.notice = GRADMQ_NOTICE_EXPIRED,
                                 .message = "its lease ran out; it may join again",
                                 .member = member,
                                 .to_all = true};
    gradmq_publisher_notice (self->publisher, self, &args);
}

void
gradmq_engine_leave (gradmq_engine_t *self, gradmq_member_t *member, uint64_t last_sequence,
                     bool *complete)
{
    gradmq_member_t left = *member;  //  it may be forgotten when it departs
    bool was_present = member->phase == GRADMQ_PHASE_LIVE || member->phase == GRADMQ_PHASE_LEAVING;
    gradmq_sync_leaves (&self->sync, member);
    *complete = gradmq_members_leave (self->members, member, last_sequence);
    if (*complete)
        gradmq_journal_gone (self, member);
    gradmq_sync_members_changed (&self->sync);
    if (!*complete || !was_present)
        return;
    gradmq_notice_args_t args = {.notice = GRADMQ_NOTICE_LEFT,
                                 .message = "left; everything it pushed is settled",
                                 .member = &left,
                                 .to_all = true};
    gradmq_publisher_notice (self->publisher, self, &args);
    gradmq_count (&self->counters, GRADMQ_COUNTER_departures, 1);
    gradmq_log (GRADMQ_LOG_INFO, "worker %s left", left.name);
}

//  Those who said that they leave, and whose last gradient is settled meanwhile.
static void
s_finish_leaving (gradmq_engine_t *self)
{
    for (gradmq_member_t *m = gradmq_members_next (self->members, NULL), *next; m; m = next) {
        bool complete;
        next = gradmq_members_next (self->members, m);
        if (m->phase == GRADMQ_PHASE_LEAVING)
            gradmq_engine_leave (self, m, m->last_sequence, &complete);
    }
}

void
gradmq_engine_expire (gradmq_engine_t *self, uint64_t read_ms, uint64_t idle_ms)
{
    //  What departs may be forgotten at once; what it has to be told goes first.
    gradmq_publisher_acks (self->publisher, self, false);
    if (idle_ms > 2 * self->heartbeat_ms)
        gradmq_members_stand_still (self->members, idle_ms);
    s_finish_leaving (self);
    size_t before = gradmq_members_count (self->members);
    gradmq_members_expire (self->members, read_ms, s_expired, self);
    if (gradmq_members_count (self->members) != before)
        gradmq_sync_members_changed (&self->sync);
}

void
gradmq_engine_ack (const gradmq_engine_t *self, const gradmq_member_t *member,
                   gradmq_range_t missing [GRADMQ_MISSING_RANGES_TOLD_MAX], gradmq_ack_t *ack)
{
    const gradmq_window_t *window = &member->window;
    *ack = (gradmq_ack_t){
        .model = self->name,
        .worker = member->name,
        .position = gradmq_engine_position (self),
        .incarnation = member->incarnation,
        .received_through = window->received_through,
        .settled_through = window->settled_through,
        .missing = missing,
        .missing_count = gradmq_window_missing (window, missing),
        .dispositions = window->others,
        .disposition_count = window->other_count,
        .dispositions_from = window->others_from,
        .credit_gradients =
            gradmq_members_credit_gradients (self->members, self->settings.queue_gradients),
        .credit_bytes = gradmq_members_credit_bytes (self->members, self->settings.queue_bytes),
        .applied = window->applied,
    };
}
