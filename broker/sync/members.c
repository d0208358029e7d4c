#include "sync/members.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

#define A_DAY_US (24ull * 3600 * 1000000)

struct gradmq_members {
    gradmq_member_t *buckets [BUCKETS];
    size_t count;  //  LIVE and LEAVING
    size_t departed;
    gradmq_member_t *oldest, *newest;  //  departed
    uint64_t forgotten;                //  highest incarnation that was forgotten
};

gradmq_members_t *
gradmq_members_new (void)
{
    return calloc (1, sizeof (gradmq_members_t));
}

void
gradmq_members_destroy (gradmq_members_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (gradmq_member_t *member = (*self_p)->buckets [i]; member;) {
            gradmq_member_t *next = member->next_in_bucket;
            free (member->metrics);
            free (member);
            member = next;
        }
    free (*self_p);
    *self_p = NULL;
}

//    source  FNV-1a, 32 bits
static size_t
s_bucket (const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char) *name) * 16777619u;
    return hash % BUCKETS;
}

static gradmq_member_t *
s_find (const gradmq_members_t *self, const char *name)
{
    gradmq_member_t *member = self->buckets [s_bucket (name)];
    while (member && strcmp (member->name, name) != 0)
        member = member->next_in_bucket;
    return member;
}

static bool
s_present (const gradmq_member_t *member)
{
    return member->phase == GRADMQ_PHASE_LIVE || member->phase == GRADMQ_PHASE_LEAVING;
}

static void
s_unlink_departed (gradmq_members_t *self, gradmq_member_t *member)
{
    *(member->older ? &member->older->newer : &self->oldest) = member->newer;
    *(member->newer ? &member->newer->older : &self->newest) = member->older;
    member->older = member->newer = NULL;
    self->departed--;
}

//  Forget a departed member for good.
static void
s_forget (gradmq_members_t *self, gradmq_member_t *member)
{
    s_unlink_departed (self, member);
    gradmq_member_t **link = &self->buckets [s_bucket (member->name)];
    while (*link != member)
        link = &(*link)->next_in_bucket;
    *link = member->next_in_bucket;
    if (member->incarnation > self->forgotten)
        self->forgotten = member->incarnation;
    free (member->metrics);
    free (member);
}

static void
s_depart (gradmq_members_t *self, gradmq_member_t *member, gradmq_phase_t phase)
{
    member->phase = phase;
    self->count--;
    member->older = self->newest;
    *(self->newest ? &self->newest->newer : &self->oldest) = member;
    self->newest = member;
    if (++self->departed > GRADMQ_DEPARTURES_KEPT) {
        assert (self->oldest != member && !self->oldest->older);
        s_forget (self, self->oldest);
    }
}

//  A member of this name that is not there yet.
static gradmq_member_t *
s_insert (gradmq_members_t *self, const char *name)
{
    gradmq_member_t *member = calloc (1, sizeof *member);
    if (!member)
        return NULL;
    snprintf (member->name, sizeof member->name, "%s", name);
    size_t bucket = s_bucket (name);
    member->next_in_bucket = self->buckets [bucket];
    self->buckets [bucket] = member;
    self->count++;
    return member;
}

//  Begin an incarnation in a member that may have had another.
static void
s_begin (gradmq_members_t *self, gradmq_member_t *member, uint64_t incarnation, uint64_t next)
{
    if (!s_present (member)) {
        s_unlink_departed (self, member);
        self->count++;
    }
    member->incarnation = incarnation;
    member->phase = GRADMQ_PHASE_LIVE;
    gradmq_window_init (&member->window, next);
    member->last_sequence = 0;
    member->earlier_gradients += member->held_gradients;
    member->earlier_bytes += member->held_bytes;
    member->held_gradients = 0;
    member->held_bytes = 0;
    free (member->metrics);
    member->metrics = NULL;
    member->progress = (gradmq_progress_t){.answered = member->progress.answered};
    member->clock = 0;
    member->base_version = 0;
    member->staleness_sum = 0;
    member->staleness_count = 0;
    memset (member->disposed, 0, sizeof member->disposed);
}

static gradmq_err_t
s_fenced (const char *name, uint64_t incarnation, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FENCED,
                          "a newer incarnation of worker %s than %" PRIu64
                          " has joined, or it was forgotten; join anew",
                          name, incarnation);
}

static gradmq_err_t
s_check_resume (const gradmq_members_t *self, const gradmq_member_t *known, const char *name,
                uint64_t incarnation, uint64_t now_unix_us, gradmq_reason_t *reason)
{
    if (known && incarnation < known->incarnation)
        return s_fenced (name, incarnation, reason);
    if (!known && incarnation <= self->forgotten)
        return s_fenced (name, incarnation, reason);
    //  One that is known is not doubted because the clock was set back.
    bool same = known && incarnation == known->incarnation;
    if (!same && incarnation > now_unix_us + A_DAY_US)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "incarnation %" PRIu64 " of worker %s lies in the future",
                              incarnation, name);
    return GRADMQ_OK;
}

//  Come back from departure as the same incarnation, with all that is known of it.
static void
s_return (gradmq_members_t *self, gradmq_member_t *member)
{
    if (!s_present (member)) {
        s_unlink_departed (self, member);
        self->count++;
    }
    member->phase = GRADMQ_PHASE_LIVE;
}

static uint64_t
s_next_incarnation (const gradmq_members_t *self, const gradmq_member_t *known,
                    uint64_t now_unix_us)
{
    uint64_t last = known ? known->incarnation : self->forgotten;
    return last >= now_unix_us ? last + 1 : now_unix_us;
}

gradmq_err_t
gradmq_members_join (gradmq_members_t *self, const char *name, uint64_t incarnation,
                     uint64_t low_water, uint64_t now_ms, uint64_t now_unix_us, uint64_t lease_ms,
                     gradmq_joined_member_t *joined, gradmq_reason_t *reason)
{
    *joined = (gradmq_joined_member_t){0};
    gradmq_member_t *member = s_find (self, name);
    gradmq_err_t err = GRADMQ_OK;
    if (incarnation)
        err = s_check_resume (self, member, name, incarnation, now_unix_us, reason);
    if (err)
        return err;
    bool same = member && incarnation == member->incarnation;
    if (!(member && s_present (member)) && self->count >= GRADMQ_MEMBERS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_BUSY, "%u workers have joined, which is the limit",
                              GRADMQ_MEMBERS_MAX);
    if (same) {
        joined->returned = !s_present (member);
        s_return (self, member);
    } else {
        uint64_t next = incarnation && low_water ? low_water : 1;
        joined->adopted = incarnation != 0;
        if (!incarnation)
            incarnation = s_next_incarnation (self, member, now_unix_us);
        if (member && s_present (member))
            joined->fenced = member->incarnation;
        if (!member)
            member = s_insert (self, name);
        if (!member)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for another worker");
        s_begin (self, member, incarnation, next);
        joined->is_new = true;
    }
    gradmq_members_renew (self, member, now_ms, lease_ms);
    joined->member = member;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_members_recall (const gradmq_members_t *self, const char *name, uint64_t incarnation,
                       gradmq_member_t **member_p, gradmq_reason_t *reason)
{
    *member_p = NULL;
    gradmq_member_t *member = s_find (self, name);
    if (member && incarnation < member->incarnation)
        return s_fenced (name, incarnation, reason);
    if (!member || incarnation != member->incarnation)
        return gradmq_refuse (reason, GRADMQ_ERR_NOT_JOINED,
                              "worker %s is not a member with incarnation %" PRIu64 "; join first",
                              name, incarnation);
    *member_p = member;
    return GRADMQ_OK;
}

gradmq_member_t *
gradmq_members_named (const gradmq_members_t *self, const char *name)
{
    return s_find (self, name);
}

gradmq_err_t
gradmq_members_find (const gradmq_members_t *self, const char *name, uint64_t incarnation,
                     gradmq_member_t **member_p, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_members_recall (self, name, incarnation, member_p, reason);
    if (err || s_present (*member_p))
        return err;
    *member_p = NULL;
    return gradmq_refuse (reason, GRADMQ_ERR_NOT_JOINED,
                          "worker %s has left or its lease ran out; join again", name);
}

void
gradmq_members_renew (gradmq_members_t *self, gradmq_member_t *member, uint64_t now_ms,
                      uint64_t lease_ms)
{
    (void) self;
    member->seen_ms = now_ms;
    member->lease_end_ms = now_ms + lease_ms;
}

bool
gradmq_members_leave (gradmq_members_t *self, gradmq_member_t *member, uint64_t last_sequence)
{
    gradmq_window_sent (&member->window, last_sequence);
    member->last_sequence = last_sequence;
    bool complete = member->window.settled_through >= last_sequence && !member->held_gradients;
    if (!s_present (member))
        return complete;
    member->phase = GRADMQ_PHASE_LEAVING;
    if (complete)
        s_depart (self, member, GRADMQ_PHASE_LEFT);
    return complete;
}

gradmq_member_t *
gradmq_members_next (const gradmq_members_t *self, const gradmq_member_t *member)
{
    size_t bucket = member ? s_bucket (member->name) : 0;
    gradmq_member_t *next = member ? member->next_in_bucket : self->buckets [0];
    for (;;) {
        for (; next; next = next->next_in_bucket)
            if (s_present (next))
                return next;
        if (++bucket == BUCKETS)
            return NULL;
        next = self->buckets [bucket];
    }
}

void
gradmq_members_stand_still (gradmq_members_t *self, uint64_t ms)
{
    for (gradmq_member_t *m = gradmq_members_next (self, NULL); m;
         m = gradmq_members_next (self, m))
        m->lease_end_ms += ms;
}

void
gradmq_members_expire (gradmq_members_t *self, uint64_t now_ms,
                       void (*expired) (gradmq_member_t *member, void *context), void *context)
{
    for (gradmq_member_t *m = gradmq_members_next (self, NULL), *next; m; m = next) {
        next = gradmq_members_next (self, m);
        if (m->lease_end_ms > now_ms)
            continue;
        expired (m, context);
        s_depart (self, m, GRADMQ_PHASE_EXPIRED);
    }
}

void
gradmq_members_hold (gradmq_member_t *member, uint64_t bytes)
{
    member->held_gradients++;
    member->held_bytes += bytes;
}

//  Nothing where the worker was forgotten and has come back since.
static void
s_let_go_earlier (gradmq_member_t *member, uint64_t bytes)
{
    if (!member->earlier_gradients)
        return;
    member->earlier_gradients--;
    member->earlier_bytes -= bytes < member->earlier_bytes ? bytes : member->earlier_bytes;
}

gradmq_member_t *
gradmq_members_let_go (gradmq_members_t *self, const char *name, uint64_t incarnation,
                       uint64_t bytes)
{
    gradmq_member_t *member = s_find (self, name);
    if (!member || incarnation != member->incarnation) {
        if (member)
            s_let_go_earlier (member, bytes);
        return NULL;
    }
    assert (member->held_gradients > 0 && member->held_bytes >= bytes);
    member->held_gradients--;
    member->held_bytes -= bytes;
    return member;
}

const gradmq_member_t *
gradmq_members_departed (const gradmq_members_t *self)
{
    return self->oldest;
}

uint64_t
gradmq_members_forgotten (const gradmq_members_t *self)
{
    return self->forgotten;
}

void
gradmq_members_set_forgotten (gradmq_members_t *self, uint64_t incarnation)
{
    if (incarnation > self->forgotten)
        self->forgotten = incarnation;
}

gradmq_member_t *
gradmq_members_restore (gradmq_members_t *self, const char *name, uint64_t incarnation,
                        uint64_t next, uint64_t now_ms, uint64_t lease_ms)
{
    gradmq_member_t *member = s_find (self, name);
    if (!(member && s_present (member)) && self->count >= GRADMQ_MEMBERS_MAX)
        return NULL;
    if (!member)
        member = s_insert (self, name);
    if (!member)
        return NULL;
    s_begin (self, member, incarnation, next);
    gradmq_members_renew (self, member, now_ms, lease_ms);
    return member;
}

void
gradmq_members_return (gradmq_members_t *self, gradmq_member_t *member, uint64_t now_ms,
                       uint64_t lease_ms)
{
    s_return (self, member);
    gradmq_members_renew (self, member, now_ms, lease_ms);
}

void
gradmq_members_depart (gradmq_members_t *self, gradmq_member_t *member)
{
    if (s_present (member))
        s_depart (self, member, GRADMQ_PHASE_EXPIRED);
}

size_t
gradmq_members_count (const gradmq_members_t *self)
{
    return self->count;
}

//  Put a member into a list of the `most` smallest names.
//    returns false when one fell off the end
static bool
s_insert_by_name (gradmq_member_t **list, size_t *count, size_t most, gradmq_member_t *member)
{
    bool full = *count == most;
    if (full && strcmp (member->name, list [most - 1]->name) > 0)
        return false;
    size_t at = full ? most - 1 : (*count)++;
    for (; at > 0 && strcmp (list [at - 1]->name, member->name) > 0; at--)
        list [at] = list [at - 1];
    list [at] = member;
    return !full;
}

size_t
gradmq_members_by_name (const gradmq_members_t *self, const char *after, gradmq_member_t **list,
                        size_t most, bool *more)
{
    size_t count = 0;
    *more = false;
    for (gradmq_member_t *m = gradmq_members_next (self, NULL); m;
         m = gradmq_members_next (self, m))
        if (strcmp (m->name, after) > 0 && !s_insert_by_name (list, &count, most, m))
            *more = true;
    return count;
}

uint32_t
gradmq_members_credit_gradients (const gradmq_members_t *self, uint64_t queue_gradients)
{
    uint64_t share = queue_gradients / (self->count ? self->count : 1);
    if (share > GRADMQ_RECEIVE_WINDOW)
        return GRADMQ_RECEIVE_WINDOW;
    return share ? (uint32_t) share : 1;
}

uint64_t
gradmq_members_credit_bytes (const gradmq_members_t *self, uint64_t queue_bytes)
{
    return queue_bytes / (self->count ? self->count : 1);
}
