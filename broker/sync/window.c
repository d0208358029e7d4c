#include "sync/window.h"

#include <assert.h>
#include <string.h>

enum { SLOTS = 2 * GRADMQ_RECEIVE_WINDOW };

//  What a slot says of its sequence.
enum { UNSEEN = 0, AWAY, HELD, DISPOSED };

static gradmq_slot_t *
s_slot (gradmq_window_t *self, uint64_t sequence)
{
    return &self->slots [sequence % SLOTS];
}

static const gradmq_slot_t *
s_slot_const (const gradmq_window_t *self, uint64_t sequence)
{
    return &self->slots [sequence % SLOTS];
}

//  The highest sequence there is room for.
static uint64_t
s_last (const gradmq_window_t *self)
{
    return self->settled_through > UINT64_MAX - GRADMQ_RECEIVE_WINDOW
               ? UINT64_MAX
               : self->settled_through + GRADMQ_RECEIVE_WINDOW;
}

void
gradmq_window_init (gradmq_window_t *self, uint64_t next)
{
    assert (next > 0);
    memset (self, 0, sizeof *self);
    self->received_through = self->settled_through = self->sent_through = next - 1;
    self->others_from = next;
}

gradmq_sequence_t
gradmq_window_classify (const gradmq_window_t *self, uint64_t sequence)
{
    if (sequence <= self->received_through)
        return GRADMQ_SEQUENCE_DUPLICATE;
    if (sequence > s_last (self))
        return GRADMQ_SEQUENCE_TOO_FAR;
    uint8_t phase = s_slot_const (self, sequence)->phase;
    return phase == HELD || phase == DISPOSED ? GRADMQ_SEQUENCE_DUPLICATE : GRADMQ_SEQUENCE_NEW;
}

void
gradmq_window_sent (gradmq_window_t *self, uint64_t sequence)
{
    if (sequence > self->sent_through)
        self->sent_through = sequence;
}

//  Move S over what is disposed of. The slot that comes into the window loses what it said of a
//  sequence two windows ago.
static void
s_settle (gradmq_window_t *self)
{
    while (self->settled_through < self->received_through
           && s_slot (self, self->settled_through + 1)->phase == DISPOSED) {
        self->settled_through++;
        if (self->settled_through <= UINT64_MAX - GRADMQ_RECEIVE_WINDOW)
            *s_slot (self, s_last (self)) = (gradmq_slot_t){0};
    }
}

//  Move R over what was received.
static void
s_advance (gradmq_window_t *self)
{
    while (self->received_through < s_last (self)
           && s_slot (self, self->received_through + 1)->phase >= HELD)
        self->received_through++;
}

void
gradmq_window_receive (gradmq_window_t *self, uint64_t sequence)
{
    assert (gradmq_window_classify (self, sequence) == GRADMQ_SEQUENCE_NEW);
    *s_slot (self, sequence) = (gradmq_slot_t){.phase = HELD};
    gradmq_window_sent (self, sequence);
    s_advance (self);
}

void
gradmq_window_turn_away (gradmq_window_t *self, uint64_t sequence, gradmq_err_t code)
{
    gradmq_window_sent (self, sequence);
    if (gradmq_window_classify (self, sequence) == GRADMQ_SEQUENCE_NEW)
        *s_slot (self, sequence) = (gradmq_slot_t){.phase = AWAY, .code = (uint16_t) code};
}

//  The list that is told says nothing of what lies up to here.
static void
s_tell_above (gradmq_window_t *self, uint64_t sequence)
{
    if (self->others_from <= sequence)
        self->others_from = sequence + 1;
}

//  Keep a disposition that is not APPLIED in the list that is told.
static void
s_tell (gradmq_window_t *self, gradmq_disposed_t other)
{
    if (self->other_count == GRADMQ_DISPOSITIONS_TOLD_MAX) {
        if (other.sequence < self->others [0].sequence) {
            s_tell_above (self, other.sequence);
            return;
        }
        s_tell_above (self, self->others [0].sequence);
        self->other_count--;
        memmove (self->others, self->others + 1, self->other_count * sizeof self->others [0]);
    }
    size_t at = self->other_count++;
    for (; at > 0 && self->others [at - 1].sequence > other.sequence; at--)
        self->others [at] = self->others [at - 1];
    self->others [at] = other;
}

bool
gradmq_window_dispose (gradmq_window_t *self, uint64_t sequence, gradmq_disposition_t disposition,
                       gradmq_err_t code)
{
    if (sequence <= self->settled_through || sequence > s_last (self))
        return false;
    gradmq_slot_t *slot = s_slot (self, sequence);
    if (slot->phase != HELD)
        return false;
    *slot = (gradmq_slot_t){
        .phase = DISPOSED, .disposition = (uint8_t) disposition, .code = (uint16_t) code};
    if (disposition == GRADMQ_APPLIED)
        self->applied++;
    else
        s_tell (self, (gradmq_disposed_t){sequence, (uint32_t) disposition, (uint32_t) code});
    s_settle (self);
    return true;
}

//  Everything up to `through` lies behind, whatever it was.
static void
s_jump (gradmq_window_t *self, uint64_t through)
{
    memset (self->slots, 0, sizeof self->slots);
    self->received_through = self->settled_through = through;
    self->other_count = 0;
    self->others_from = through + 1;
    gradmq_window_sent (self, through);
}

uint64_t
gradmq_window_low_water (gradmq_window_t *self, uint64_t low_water)
{
    if (low_water == 0 || low_water - 1 <= self->received_through)
        return 0;
    uint64_t before = self->received_through, lost = 0;
    if (low_water - 1 > s_last (self)) {
        lost = low_water - 1 - before;
        s_jump (self, low_water - 1);
    } else {
        for (uint64_t i = before + 1; i < low_water; i++) {
            gradmq_slot_t *slot = s_slot (self, i);
            if (slot->phase >= HELD)
                continue;
            lost++;
            *slot = (gradmq_slot_t){.phase = DISPOSED};
            s_tell_above (self, i);
        }
        s_advance (self);
        s_settle (self);
    }
    self->lost += lost;
    return lost;
}

//  Why a sequence above R is not there; UINT32_MAX when it is.
static uint32_t
s_missing_code (const gradmq_window_t *self, uint64_t sequence)
{
    if (sequence > s_last (self))
        return GRADMQ_ERR_WINDOW;
    const gradmq_slot_t *slot = s_slot_const (self, sequence);
    return slot->phase >= HELD ? UINT32_MAX : slot->code;
}

size_t
gradmq_window_missing (const gradmq_window_t *self,
                       gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX])
{
    size_t count = 0;
    uint64_t end = self->sent_through < s_last (self) ? self->sent_through : s_last (self);
    for (uint64_t i = self->received_through; i < end;) {
        uint32_t code = s_missing_code (self, ++i);
        if (code == UINT32_MAX)
            continue;
        if (count && ranges [count - 1].last == i - 1 && ranges [count - 1].code == code)
            ranges [count - 1].last = i;
        else if (count == GRADMQ_MISSING_RANGES_TOLD_MAX)
            return count;
        else
            ranges [count++] = (gradmq_range_t){.first = i, .last = i, .code = code};
    }
    if (self->sent_through > end && count < GRADMQ_MISSING_RANGES_TOLD_MAX)
        ranges [count++] = (gradmq_range_t){
            .first = end + 1, .last = self->sent_through, .code = GRADMQ_ERR_WINDOW};
    return count;
}

size_t
gradmq_window_disposed (const gradmq_window_t *self, gradmq_disposed_t list [GRADMQ_RECEIVE_WINDOW])
{
    size_t count = 0;
    uint64_t end = self->sent_through < s_last (self) ? self->sent_through : s_last (self);
    for (uint64_t i = self->settled_through; i < end;) {
        const gradmq_slot_t *slot = s_slot_const (self, ++i);
        if (slot->phase == DISPOSED)
            list [count++] = (gradmq_disposed_t){i, slot->disposition, slot->code};
    }
    return count;
}

void
gradmq_window_replay (gradmq_window_t *self, uint64_t sequence, gradmq_disposition_t disposition,
                      gradmq_err_t code)
{
    if (sequence > s_last (self))
        gradmq_window_low_water (self, sequence - GRADMQ_RECEIVE_WINDOW + 1);
    if (gradmq_window_classify (self, sequence) != GRADMQ_SEQUENCE_NEW)
        return;
    gradmq_window_receive (self, sequence);
    if (disposition) {
        gradmq_window_dispose (self, sequence, disposition, code);
        return;
    }
    s_slot (self, sequence)->phase = DISPOSED;
    s_tell_above (self, sequence);
    s_settle (self);
}

bool
gradmq_window_open (const gradmq_window_t *self)
{
    return self->settled_through < self->sent_through;
}
