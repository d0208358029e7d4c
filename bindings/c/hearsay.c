#include "hearsay.h"

#include "core/code.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPAN_BYTES 40

//  Whole names only; those that have no room are counted in waiting_total.
static void
s_take_names (gradmq_hearsay_t *self, const gradmq_texts_t *names)
{
    size_t at = 0;
    self->waiting_for [0] = 0;
    for (size_t i = 0; i < names->count; i++) {
        size_t room = sizeof self->waiting_for - at;
        int length =
            snprintf (self->waiting_for + at, room, "%s%s", i ? ", " : "", names->items [i]);
        if (length < 0 || (size_t) length >= room) {
            self->waiting_for [at] = 0;
            return;
        }
        at += (size_t) length;
    }
}

void
gradmq_hearsay_take (gradmq_hearsay_t *self, const gradmq_heartbeat_t *heartbeat, uint64_t now_ms)
{
    self->state = heartbeat->state;
    if (heartbeat->heartbeat_ms)
        self->heartbeat_ms = heartbeat->heartbeat_ms;
    self->min_clock = heartbeat->min_clock;
    snprintf (self->why, sizeof self->why, "%s", heartbeat->why ? heartbeat->why : "");
    s_take_names (self, &heartbeat->waiting_for);
    self->waiting_total = heartbeat->waiting_total;
    self->has_deadline = heartbeat->has_deadline;
    self->deadline_ms = now_ms + heartbeat->deadline_ms;
}

//  Until when the coordinator waits, as a piece of the sentence.
static void
s_say_deadline (const gradmq_hearsay_t *self, uint64_t now_ms, char text [SPAN_BYTES])
{
    text [0] = 0;
    if (!self->has_deadline)
        return;
    uint64_t left = self->deadline_ms > now_ms ? self->deadline_ms - now_ms : 0;
    snprintf (text, SPAN_BYTES, ", no longer than %" PRIu64 ".%" PRIu64 " s", left / 1000,
              left % 1000 / 100);
}

void
gradmq_hearsay_say (const gradmq_hearsay_t *self, uint64_t now_ms, char *text, size_t size)
{
    char names [sizeof self->waiting_for + SPAN_BYTES] = "", deadline [SPAN_BYTES];
    uint64_t silent = now_ms - self->heard_ms;
    if (self->waiting_total)
        snprintf (names, sizeof names, ": %s (%" PRIu32 " in all)", self->waiting_for,
                  self->waiting_total);
    s_say_deadline (self, now_ms, deadline);
    if (self->state == 0)
        snprintf (text, size, "nothing was heard of the coordinator yet");
    else if (silent > 3 * self->heartbeat_ms)
        snprintf (text, size, "nothing was heard of the coordinator for %" PRIu64 " s",
                  silent / 1000);
    else if (self->state == GRADMQ_STATE_RUNNING && self->why [0])
        snprintf (text, size, "%s%s%s", self->why, names, deadline);
    else
        snprintf (text, size, "the coordinator is %s%s%s", gradmq_state_name (self->state),
                  self->why [0] ? ": " : "", self->why);
}
