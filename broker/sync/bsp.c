#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>

//  The first answer to a round fixes whom it waits for: those who are members by then. Who joins
//  later is not waited for, but takes part where it answers in time.
static void
s_begin (gradmq_sync_t *self, uint64_t now_ms)
{
    self->begun = true;
    self->begun_ms = now_ms;
    for (gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m))
        m->progress.waited_in = self->round;
}

//  Before the first answer nobody is fixed: a gradient that does not end its clock waits for all.
static bool
s_waits_for (const gradmq_sync_t *self, const gradmq_member_t *member)
{
    const gradmq_progress_t *progress = &member->progress;
    if (member->phase != GRADMQ_PHASE_LIVE)
        return false;
    if (!self->begun)
        return self->contributions > 0;
    return progress->waited_in == self->round && progress->answered != self->round;
}

static bool
s_late (const gradmq_sync_t *self, const gradmq_offer_t *offer, gradmq_reason_t *reason)
{
    if (!offer->stale && !(offer->has_clock && offer->clock < self->round))
        return false;
    (void) gradmq_refuse (reason, GRADMQ_ERR_LATE,
                          "its round is closed; round %" PRIu64 " is open, fetch the model again",
                          self->round);
    return true;
}

static gradmq_turn_t
s_turn (gradmq_sync_t *self, const gradmq_settings_t *settings, const gradmq_offer_t *offer,
        uint64_t now_ms, gradmq_reason_t *reason)
{
    (void) settings;
    (void) now_ms;
    if (s_late (self, offer, reason))
        return GRADMQ_TURN_REFUSE;
    if (!offer->worker)
        return GRADMQ_TURN_TAKE;
    if (offer->worker->progress.answered == self->round)
        return GRADMQ_TURN_HOLD;
    if (!offer->has_clock || offer->clock == self->round)
        return GRADMQ_TURN_TAKE;
    (void) gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "its clock is %" PRIu64 "; round %" PRIu64 " is open, which heartbeats "
                          "tell, and worker %s has not answered it",
                          offer->clock, self->round, offer->worker->name);
    return GRADMQ_TURN_REFUSE;
}

static void
s_answer (gradmq_sync_t *self, const gradmq_offer_t *offer, uint64_t now_ms)
{
    if (!gradmq_offer_ends (offer))
        return;
    if (!self->begun)
        s_begin (self, now_ms);
    if (offer->worker)
        offer->worker->progress.answered = self->round;
    self->faulty += offer->worker && offer->not_finite;
    self->answers++;
}

static size_t
s_minimum (const gradmq_sync_t *self, const gradmq_settings_t *settings)
{
    size_t minimum = (size_t) settings->round_minimum;
    return self->least > minimum ? self->least : minimum;
}

static bool
s_everybody (const gradmq_sync_t *self)
{
    for (const gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m))
        if (s_waits_for (self, m))
            return false;
    return true;
}

static uint64_t
s_deadline_ms (const gradmq_sync_t *self, const gradmq_settings_t *settings)
{
    if (!self->begun || !settings->round_timeout_ms || self->answers < s_minimum (self, settings))
        return UINT64_MAX;
    return self->begun_ms + settings->round_timeout_ms;
}

static bool
s_due (const gradmq_sync_t *self, const gradmq_settings_t *settings, uint64_t now_ms)
{
    if (!self->begun || self->answers < s_minimum (self, settings))
        return false;
    return (settings->quorum && self->answers >= settings->quorum)
           || now_ms >= s_deadline_ms (self, settings) || s_everybody (self);
}

static void
s_why (const gradmq_sync_t *self, const gradmq_settings_t *settings, char *text, size_t size)
{
    size_t minimum = s_minimum (self, settings);
    if (!self->begun && !self->contributions)
        return;
    if (!self->begun)
        snprintf (text, size,
                  "round %" PRIu64 " has no answer yet: none of its gradients ends its clock",
                  self->round);
    else if (self->answers < minimum)
        snprintf (text, size,
                  "round %" PRIu64 " has %zu answer%s of %zu workers; it needs %zu, because of %s",
                  self->round, self->answers, self->answers == 1 ? "" : "s",
                  gradmq_members_count (self->members), minimum,
                  minimum == self->least && self->least > settings->round_minimum
                      ? "the rule"
                      : "round_minimum");
    else
        snprintf (text, size, "round %" PRIu64 " has %zu answer%s and waits for others",
                  self->round, self->answers, self->answers == 1 ? "" : "s");
}

static const gradmq_kind_t s_kinds [] = {GRADMQ_KIND_GRADIENT};
static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_quorum,
                                               GRADMQ_SETTING_round_timeout_ms,
                                               GRADMQ_SETTING_round_minimum, GRADMQ_SETTING_rule};

const gradmq_policy_t gradmq_policy_bsp = {
    .name = "bsp",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .kinds = s_kinds,
    .kind_count = 1,
    .rule = "mean",
    .late = s_late,
    .turn = s_turn,
    .answer = s_answer,
    .due = s_due,
    .deadline_ms = s_deadline_ms,
    .waits_for = s_waits_for,
    .why = s_why,
};
