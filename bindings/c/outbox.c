#include "outbox.h"

#include <assert.h>
#include <string.h>

static gradmq_outbox_entry_t *
s_entry (gradmq_outbox_t *self, uint64_t sequence)
{
    return &self->entries [gradmq_outbox_slot (sequence)];
}

void
gradmq_outbox_init (gradmq_outbox_t *self)
{
    memset (self, 0, sizeof *self);
    self->first = 1;
    self->next = 1;
}

void
gradmq_outbox_add (gradmq_outbox_t *self, uint64_t bytes)
{
    assert (gradmq_outbox_count (self) < GRADMQ_OUTBOX_SLOTS);
    *s_entry (self, self->next) = (gradmq_outbox_entry_t){.bytes = bytes, .sends = 1};
    self->next++;
    self->bytes += bytes;
}

static void
s_unhold (gradmq_outbox_t *self, gradmq_outbox_entry_t *entry)
{
    if (!entry->held)
        return;
    entry->held = false;
    self->held--;
    self->held_bytes -= entry->bytes;
}

void
gradmq_outbox_settle (gradmq_outbox_t *self)
{
    assert (self->first < self->next);
    gradmq_outbox_entry_t *entry = s_entry (self, self->first);
    s_unhold (self, entry);
    self->bytes -= entry->bytes;
    self->first++;
}

void
gradmq_outbox_received (gradmq_outbox_t *self, uint64_t through)
{
    for (uint64_t at = self->first; self->held && at < self->next && at <= through; at++)
        s_unhold (self, s_entry (self, at));
}

static uint64_t
s_due_ms (const gradmq_outbox_entry_t *entry)
{
    if (entry->sends < 2)
        return 0;
    uint32_t doublings = entry->sends - 2 < 6 ? entry->sends - 2 : 6;
    uint64_t wait = (uint64_t) GRADMQ_OUTBOX_AGAIN_MS << doublings;
    return entry->sent_ms
           + (wait < GRADMQ_OUTBOX_AGAIN_MOST_MS ? wait : GRADMQ_OUTBOX_AGAIN_MOST_MS);
}

static void
s_hold (gradmq_outbox_t *self, uint64_t first, uint64_t last, bool now)
{
    uint64_t at = first > self->first ? first : self->first;
    for (; at < self->next && at <= last; at++) {
        gradmq_outbox_entry_t *entry = s_entry (self, at);
        if (!entry->held) {
            entry->held = true;
            entry->due_ms = s_due_ms (entry);
            self->held++;
            self->held_bytes += entry->bytes;
        }
        if (now)
            entry->due_ms = 0;
    }
}

void
gradmq_outbox_hold (gradmq_outbox_t *self, uint64_t first, uint64_t last)
{
    s_hold (self, first, last, false);
}

void
gradmq_outbox_lost (gradmq_outbox_t *self, uint64_t first, uint64_t last)
{
    s_hold (self, first, last, true);
}

uint64_t
gradmq_outbox_due (const gradmq_outbox_t *self, uint64_t from, const gradmq_credit_t *credit,
                   uint64_t now_ms)
{
    if (self->held == 0)
        return 0;
    uint64_t flying = gradmq_outbox_count (self) - self->held;
    uint64_t flying_bytes = self->bytes - self->held_bytes;
    uint64_t at = from > self->first ? from : self->first;
    for (; at < self->next; at++) {
        const gradmq_outbox_entry_t *entry = &self->entries [gradmq_outbox_slot (at)];
        if (!entry->held)
            continue;
        bool fits = flying == 0
                    || (flying < credit->gradients && entry->bytes <= credit->bytes
                        && flying_bytes <= credit->bytes - entry->bytes);
        //  In order: a later one never goes before an earlier one that waits for credit.
        if (!fits)
            return 0;
        if (entry->due_ms <= now_ms)
            return at;
    }
    return 0;
}

void
gradmq_outbox_resent (gradmq_outbox_t *self, uint64_t sequence, uint64_t now_ms)
{
    gradmq_outbox_entry_t *entry = s_entry (self, sequence);
    assert (sequence >= self->first && sequence < self->next && entry->held);
    s_unhold (self, entry);
    entry->sent_ms = now_ms;
    if (entry->sends < UINT32_MAX)
        entry->sends++;
}

void
gradmq_outbox_defer (gradmq_outbox_t *self, uint64_t sequence, uint64_t due_ms)
{
    s_entry (self, sequence)->due_ms = due_ms;
}

uint64_t
gradmq_outbox_wait_ms (const gradmq_outbox_t *self, uint64_t now_ms)
{
    uint64_t wait = UINT64_MAX;
    if (self->held == 0)
        return wait;
    for (uint64_t at = self->first; at < self->next; at++) {
        const gradmq_outbox_entry_t *entry = &self->entries [gradmq_outbox_slot (at)];
        if (entry->held && entry->due_ms > now_ms && entry->due_ms - now_ms < wait)
            wait = entry->due_ms - now_ms;
    }
    return wait;
}
