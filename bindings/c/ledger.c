#include "ledger.h"

#include <string.h>

void
gradmq_ledger_init (gradmq_ledger_t *self, uint64_t incarnation, uint64_t most)
{
    memset (self, 0, sizeof *self);
    gradmq_outbox_init (&self->outbox);
    self->incarnation = incarnation;
    self->credit = (gradmq_credit_t){1, 0};
    self->most = most;
}

void
gradmq_ledger_forget (gradmq_ledger_t *self)
{
    self->received = 0;
    self->told = 0;
    self->told_applied = 0;
    self->credit = (gradmq_credit_t){.gradients = 1};
    self->confirm = (gradmq_confirm_t){0};
}

void
gradmq_confirm_want (gradmq_confirm_t *self)
{
    self->wanted = true;
}

uint64_t
gradmq_confirm_wait_ms (const gradmq_confirm_t *self, uint64_t now_ms, uint64_t confirm_ms)
{
    if (!self->wanted)
        return UINT64_MAX;
    if (!self->looked || now_ms - self->looked_ms >= confirm_ms)
        return 0;
    return confirm_ms - (now_ms - self->looked_ms);
}

//  How many of first..last were applied, where dispositions no longer tell: what `applied` grew by,
//  less what the listed ones explain.
static uint64_t
s_untold_applied (const gradmq_ledger_t *self, const gradmq_ack_t *ack, uint64_t untold,
                  uint64_t told)
{
    size_t listed = 0;
    for (size_t i = 0; i < ack->disposition_count; i++) {
        uint64_t sequence = ack->dispositions [i].sequence;
        if (sequence <= ack->settled_through && sequence >= self->outbox.first + untold)
            listed++;
    }
    uint64_t told_applied = told > listed ? told - listed : 0;
    uint64_t grown = ack->applied > self->told_applied ? ack->applied - self->told_applied : 0;
    uint64_t rest = grown > told_applied ? grown - told_applied : 0;
    return rest < untold ? rest : untold;
}

static const gradmq_disposed_t *
s_disposed (const gradmq_ack_t *ack, uint64_t sequence)
{
    for (size_t i = 0; i < ack->disposition_count; i++)
        if (ack->dispositions [i].sequence == sequence)
            return &ack->dispositions [i];
    return NULL;
}

static void
s_settle_one (gradmq_ledger_t *self, uint32_t disposition, uint32_t code)
{
    if (self->settle)
        self->settle (self->context, self->outbox.first, disposition, code);
    gradmq_outbox_settle (&self->outbox);
    self->settled++;
}

static void
s_settle (gradmq_ledger_t *self, const gradmq_ack_t *ack)
{
    gradmq_outbox_t *outbox = &self->outbox;
    uint64_t last =
        ack->settled_through < outbox->next - 1 ? ack->settled_through : outbox->next - 1;
    if (last < outbox->first)
        return;
    uint64_t count = last - outbox->first + 1;
    uint64_t untold = 0;
    if (ack->dispositions_from > outbox->first)
        untold = ack->dispositions_from - outbox->first < count
                     ? ack->dispositions_from - outbox->first
                     : count;
    if (untold) {
        uint64_t applied = s_untold_applied (self, ack, untold, count - untold);
        self->applied += applied;
        self->refused += untold - applied;
        for (uint64_t i = 0; i < untold; i++)
            s_settle_one (self, 0, 0);
    }
    while (outbox->first <= last) {
        const gradmq_disposed_t *disposed = s_disposed (ack, outbox->first);
        bool applied = disposed == NULL || disposed->disposition == GRADMQ_APPLIED;
        self->applied += applied ? 1 : 0;
        self->refused += applied ? 0 : 1;
        s_settle_one (self, applied ? GRADMQ_APPLIED : disposed->disposition,
                      applied ? 0 : disposed->code);
    }
}

static gradmq_calls_t
s_turned_away (gradmq_ledger_t *self, const gradmq_ack_t *ack)
{
    gradmq_calls_t calls = {0};
    for (size_t i = 0; i < ack->missing_count; i++) {
        const gradmq_range_t *range = &ack->missing [i];
        switch (range->code) {
            case 0:
                break;
            case GRADMQ_ERR_NOT_JOINED:
                calls.join = true;
                break;
            case GRADMQ_ERR_FENCED:
                calls.fenced = true;
                break;
            case GRADMQ_ERR_CLOSED:
                calls.closed = true;
                break;
            default:
                gradmq_outbox_hold (&self->outbox, range->first, range->last);
        }
    }
    return calls;
}

//  Keep what is missing without a code; returns how many ranges that are.
static size_t
s_uncoded (const gradmq_ack_t *ack, gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ack->missing_count && count < GRADMQ_MISSING_RANGES_TOLD_MAX; i++)
        if (ack->missing [i].code == 0 && ack->missing [i].first <= ack->missing [i].last)
            ranges [count++] = ack->missing [i];
    return count;
}

//  Both looks showed what is in both: that is lost.
static void
s_confirmed (gradmq_ledger_t *self, const gradmq_range_t *ranges, size_t count)
{
    const gradmq_confirm_t *confirm = &self->confirm;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < confirm->count; k++) {
            const gradmq_range_t *a = &ranges [i];
            const gradmq_range_t *b = &confirm->ranges [k];
            uint64_t first = a->first > b->first ? a->first : b->first;
            uint64_t last = a->last < b->last ? a->last : b->last;
            if (first <= last)
                gradmq_outbox_lost (&self->outbox, first, last);
        }
}

static void
s_look (gradmq_ledger_t *self, const gradmq_ack_t *ack, uint64_t now_ms, uint64_t confirm_ms)
{
    gradmq_confirm_t *confirm = &self->confirm;
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    size_t count = s_uncoded (ack, ranges);
    if (count == 0) {
        *confirm = (gradmq_confirm_t){0};
        return;
    }
    if (confirm->looked && confirm->received == ack->received_through) {
        if (now_ms - confirm->looked_ms < confirm_ms)
            return;
        s_confirmed (self, ranges, count);
        *confirm = (gradmq_confirm_t){0};
        return;
    }
    confirm->wanted = true;
    confirm->looked = true;
    confirm->looked_ms = now_ms;
    confirm->received = ack->received_through;
    confirm->count = count;
    memcpy (confirm->ranges, ranges, count * sizeof ranges [0]);
}

gradmq_calls_t
gradmq_ledger_take (gradmq_ledger_t *self, const gradmq_ack_t *ack, bool asked, uint64_t now_ms,
                    uint64_t confirm_ms)
{
    if (ack->incarnation != self->incarnation || ack->received_through < self->received
        || ack->settled_through < self->told)
        return (gradmq_calls_t){0};
    s_settle (self, ack);
    self->received = ack->received_through;
    self->told = ack->settled_through;
    self->told_applied = ack->applied;
    if (ack->credit_gradients)
        self->credit.gradients =
            self->most && self->most < ack->credit_gradients ? self->most : ack->credit_gradients;
    if (ack->credit_bytes)
        self->credit.bytes = ack->credit_bytes;
    gradmq_outbox_received (&self->outbox, ack->received_through);
    gradmq_calls_t calls = s_turned_away (self, ack);
    gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX];
    if (asked)
        s_look (self, ack, now_ms, confirm_ms);
    else if (s_uncoded (ack, ranges))
        gradmq_confirm_want (&self->confirm);
    return calls;
}
