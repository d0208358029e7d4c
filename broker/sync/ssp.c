#include "sync/sync.h"

#include <inttypes.h>
#include <stdio.h>

static size_t
s_contributions (const gradmq_settings_t *settings)
{
    (void) settings;
    return 1;
}

//  Members that are leaving hold nobody back, and neither do those of whom nothing is known yet.
static bool
s_counts (const gradmq_member_t *member)
{
    return member->phase == GRADMQ_PHASE_LIVE && member->progress.clock_known;
}

//  The minimum over the members may have risen.
static void
s_look (gradmq_sync_t *self)
{
    uint64_t least = UINT64_MAX;
    for (const gradmq_member_t *m = gradmq_members_next (self->members, NULL);
         m && least > self->min_clock; m = gradmq_members_next (self->members, m))
        if (s_counts (m) && m->progress.clock < least)
            least = m->progress.clock;
    if (least == UINT64_MAX || least <= self->min_clock)
        return;
    self->min_clock = least;
    self->release = self->release || self->held;
}

//  The clock that this gradient belongs to.
static uint64_t
s_clock (const gradmq_offer_t *offer)
{
    return offer->has_clock ? offer->clock : offer->member->progress.clock + 1;
}

//  Where a member is, as far as this gradient tells: whoever states a clock has completed those before.
static void
s_place (gradmq_sync_t *self, gradmq_progress_t *progress, const gradmq_offer_t *offer)
{
    progress->clock_known = true;
    if (offer->has_clock && offer->clock && offer->clock - 1 > progress->clock)
        progress->clock = offer->clock - 1;
    if (progress->clock < self->min_clock)
        progress->clock = self->min_clock;
    s_look (self);
}

//  True when there is somebody whom a gradient can wait for.
static bool
s_anybody (const gradmq_sync_t *self)
{
    for (const gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m))
        if (s_counts (m))
            return true;
    return false;
}

static gradmq_turn_t
s_turn (gradmq_sync_t *self, const gradmq_settings_t *settings, const gradmq_offer_t *offer,
        uint64_t now_ms, gradmq_reason_t *reason)
{
    (void) now_ms;
    (void) reason;
    if (!offer->member)
        return GRADMQ_TURN_TAKE;
    s_place (self, &offer->member->progress, offer);
    uint64_t clock = s_clock (offer);
    bool ahead = clock > self->min_clock && clock - self->min_clock > settings->clock_bound + 1;
    return ahead && s_anybody (self) ? GRADMQ_TURN_HOLD : GRADMQ_TURN_TAKE;
}

static void
s_answer (gradmq_sync_t *self, const gradmq_offer_t *offer, uint64_t now_ms)
{
    (void) now_ms;
    self->contributions = 0;  //  each was a step of its own
    if (!offer->member || !gradmq_offer_ends (offer))
        return;
    gradmq_progress_t *progress = &offer->member->progress;
    uint64_t before = progress->clock, clock = s_clock (offer);
    if (clock > before)
        progress->clock = clock;
    if (before <= self->min_clock)
        s_look (self);
}

static bool
s_waits_for (const gradmq_sync_t *self, const gradmq_member_t *member)
{
    return self->held && s_counts (member) && member->progress.clock <= self->min_clock;
}

static void
s_why (const gradmq_sync_t *self, const gradmq_settings_t *settings, char *text, size_t size)
{
    if (self->held)
        snprintf (text, size,
                  "%zu gradient%s ahead by more than clock_bound %" PRIu64
                  "; the slowest worker has completed clock %" PRIu64,
                  self->held, self->held == 1 ? " is" : "s are", settings->clock_bound,
                  self->min_clock);
}

static const gradmq_kind_t s_kinds [] = {GRADMQ_KIND_GRADIENT};
static const gradmq_setting_id_t s_reads [] = {
    GRADMQ_SETTING_clock_bound, GRADMQ_SETTING_max_staleness, GRADMQ_SETTING_staleness_scale};

const gradmq_policy_t gradmq_policy_ssp = {
    .name = "ssp",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .kinds = s_kinds,
    .kind_count = 1,
    .rule = "mean",
    .answers_anyway = true,
    .contributions = s_contributions,
    .turn = s_turn,
    .answer = s_answer,
    .look = s_look,
    .waits_for = s_waits_for,
    .why = s_why,
};
