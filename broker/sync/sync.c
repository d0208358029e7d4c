#include "sync/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
gradmq_sync_init (gradmq_sync_t *self, gradmq_members_t *members)
{
    *self = (gradmq_sync_t){.members = members, .round = 1, .least = 1, .releases = 1};
}

void
gradmq_sync_set (gradmq_sync_t *self, const gradmq_settings_t *settings, size_t least)
{
    self->policy = gradmq_policy_find (settings->policy);
    self->least = least;
    self->release = true;
    if (self->policy->look)
        self->policy->look (self);
}

void
gradmq_sync_joined (gradmq_sync_t *self, gradmq_member_t *member, bool adopted)
{
    gradmq_progress_t *progress = &member->progress;
    progress->clock_known = false;
    gradmq_sync_members_changed (self);
    //  A coordinator that does not know how far this worker is learns it from its first gradient.
    progress->clock_known = !adopted;
    if (progress->clock < self->min_clock)
        progress->clock = self->min_clock;
}

void
gradmq_sync_leaves (gradmq_sync_t *self, gradmq_member_t *member)
{
    (void) self;
    member->progress.waited_in = 0;
}

void
gradmq_sync_members_changed (gradmq_sync_t *self)
{
    if (self->policy->look)
        self->policy->look (self);
    self->release = self->release || self->held;
}

bool
gradmq_sync_late (const gradmq_sync_t *self, const gradmq_offer_t *offer, gradmq_reason_t *reason)
{
    return self->policy->late && self->policy->late (self, offer, reason);
}

gradmq_turn_t
gradmq_sync_turn (gradmq_sync_t *self, const gradmq_settings_t *settings,
                  const gradmq_offer_t *offer, uint64_t now_ms, gradmq_reason_t *reason)
{
    gradmq_progress_t *progress = offer->member ? &offer->member->progress : NULL;
    gradmq_turn_t turn = GRADMQ_TURN_TAKE;
    if (progress && progress->held_in == self->releases)
        turn = GRADMQ_TURN_HOLD;
    else if (self->policy->turn)
        turn = self->policy->turn (self, settings, offer, now_ms, reason);
    if (turn == GRADMQ_TURN_HOLD)
        gradmq_sync_hold (self, offer->member);
    return turn;
}

void
gradmq_sync_hold (gradmq_sync_t *self, gradmq_member_t *member)
{
    self->held++;
    if (member)
        member->progress.held_in = self->releases;
}

void
gradmq_sync_answer (gradmq_sync_t *self, const gradmq_offer_t *offer, bool contributes,
                    uint64_t now_ms)
{
    if (contributes)
        self->contributions++;
    if (self->policy->answer)
        self->policy->answer (self, offer, now_ms);
}

void
gradmq_sync_withdrawn (gradmq_sync_t *self)
{
    self->contributions--;
}

bool
gradmq_sync_released (gradmq_sync_t *self)
{
    if (!self->release)
        return false;
    self->release = false;
    self->releases++;
    self->held = 0;
    return true;
}

bool
gradmq_sync_due (const gradmq_sync_t *self, const gradmq_settings_t *settings, uint64_t now_ms)
{
    if (self->policy->due)
        return self->policy->due (self, settings, now_ms);
    return self->contributions && self->contributions >= self->policy->contributions (settings);
}

void
gradmq_sync_closed (gradmq_sync_t *self)
{
    self->contributions = 0;
    self->answers = 0;
    self->faulty = 0;
    self->begun = false;
    self->round++;
    self->release = true;
}

void
gradmq_sync_stop (gradmq_sync_t *self, uint64_t now_ms)
{
    self->stopped = true;
    self->stopped_ms = now_ms;
}

void
gradmq_sync_start (gradmq_sync_t *self, uint64_t now_ms)
{
    if (self->stopped && self->begun)
        self->begun_ms += now_ms - self->stopped_ms;
    self->stopped = false;
}

uint64_t
gradmq_sync_deadline_ms (const gradmq_sync_t *self, const gradmq_settings_t *settings)
{
    if (self->stopped || !self->policy->deadline_ms)
        return UINT64_MAX;
    return self->policy->deadline_ms (self, settings);
}

static int
s_by_name (const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp (*left, *right);
}

size_t
gradmq_sync_waiting (const gradmq_sync_t *self, const char *names [GRADMQ_WAITING_TOLD_MAX],
                     size_t *told)
{
    size_t total = 0;
    *told = 0;
    if (!self->policy->waits_for)
        return 0;
    for (const gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m)) {
        if (!self->policy->waits_for (self, m))
            continue;
        if (total++ < GRADMQ_WAITING_TOLD_MAX)
            names [(*told)++] = m->name;
    }
    qsort (names, *told, sizeof *names, s_by_name);
    return total;
}

void
gradmq_sync_why (const gradmq_sync_t *self, const gradmq_settings_t *settings, char *text,
                 size_t size)
{
    text [0] = 0;
    if (self->policy->why)
        self->policy->why (self, settings, text, size);
}

void
gradmq_sync_why_counted (const gradmq_sync_t *self, const gradmq_settings_t *settings, char *text,
                         size_t size)
{
    size_t wanted = self->policy->contributions (settings);
    if (self->contributions)
        snprintf (text, size, "the open step has %zu of %zu contributions", self->contributions,
                  wanted);
}
