//  Which gradients are not settled, and which of them have to be sent again. Numbers only: what is
//  sent lies in an array beside it, at gradmq_outbox_slot. PROTOCOL.md, sections 10 and 11.

#ifndef GRADMQ_CLIENT_OUTBOX_H
#define GRADMQ_CLIENT_OUTBOX_H

#include "core/limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  Unsettled sequences that fit; a power of two. Credit is never more (rule C-4).
#define GRADMQ_OUTBOX_SLOTS GRADMQ_RECEIVE_WINDOW

//  First wait before a sequence that was turned away a second time is sent again; doubles up to the
//  longest.
#define GRADMQ_OUTBOX_AGAIN_MS 20u
#define GRADMQ_OUTBOX_AGAIN_MOST_MS 1000u

typedef struct {
    uint64_t bytes;
    uint64_t sent_ms;  //  when it was last sent, where it was sent more than once
    uint64_t due_ms;   //  held: not before
    uint32_t sends;
    bool held;  //  has to be sent again
} gradmq_outbox_entry_t;

typedef struct {
    uint64_t first;  //  oldest that is not settled: low_water
    uint64_t next;   //  sequence of the next gradient; first == next: all are settled
    uint64_t bytes;  //  of the unsettled
    uint64_t held;   //  how many have to be sent again
    uint64_t held_bytes;
    gradmq_outbox_entry_t entries [GRADMQ_OUTBOX_SLOTS];
} gradmq_outbox_t;

//  Most that may be sent and not settled. One gradient is always allowed.
typedef struct {
    uint64_t gradients, bytes;
} gradmq_credit_t;

void gradmq_outbox_init (gradmq_outbox_t *self);

static inline size_t
gradmq_outbox_slot (uint64_t sequence)
{
    return (size_t) (sequence % GRADMQ_OUTBOX_SLOTS);
}

static inline uint64_t
gradmq_outbox_count (const gradmq_outbox_t *self)
{
    return self->next - self->first;
}

//  True when a new gradient of this many payload bytes is within the credit (rule C-1).
static inline bool
gradmq_outbox_room (const gradmq_outbox_t *self, uint64_t bytes, const gradmq_credit_t *credit)
{
    uint64_t count = gradmq_outbox_count (self);
    if (count == 0)
        return true;
    return count < GRADMQ_OUTBOX_SLOTS && count < credit->gradients && bytes <= credit->bytes
           && self->bytes <= credit->bytes - bytes;
}

//  Number `self->next` was sent. The caller has looked for room.
void gradmq_outbox_add (gradmq_outbox_t *self, uint64_t bytes);

//  The oldest is settled. The caller has looked that there is one.
void gradmq_outbox_settle (gradmq_outbox_t *self);

//  Everything up to `through` has arrived: none of it needs to be sent again.
void gradmq_outbox_received (gradmq_outbox_t *self, uint64_t through);

//  first..last were turned away: hold those of them that are unsettled and not held already. One that
//  was sent once is due now, another after a wait that grows with the times it was sent.
void gradmq_outbox_hold (gradmq_outbox_t *self, uint64_t first, uint64_t last);

//  first..last are lost (rule S-3), or nobody remembers them: hold them, due now.
void gradmq_outbox_lost (gradmq_outbox_t *self, uint64_t first, uint64_t last);

//  The lowest held sequence at or above `from` that is due and within the credit; 0: none.
uint64_t gradmq_outbox_due (const gradmq_outbox_t *self, uint64_t from,
                            const gradmq_credit_t *credit, uint64_t now_ms);

//  A held sequence was sent.
void gradmq_outbox_resent (gradmq_outbox_t *self, uint64_t sequence, uint64_t now_ms);

//  A held sequence is not due before this.
void gradmq_outbox_defer (gradmq_outbox_t *self, uint64_t sequence, uint64_t due_ms);

//  How long until a held sequence that is not due is; UINT64_MAX: there is none. What is due waits for
//  credit or a connection.
uint64_t gradmq_outbox_wait_ms (const gradmq_outbox_t *self, uint64_t now_ms);

#endif
