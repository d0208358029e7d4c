#include "worker.h"

#include <inttypes.h>
#include <stdio.h>

//  ------------------------------------------------------------------------------------------------
//  Settlement

static bool
s_all_settled (gradmq_worker_t *self, const void *argument)
{
    (void) argument;
    return gradmq_outbox_count (&self->ledger.outbox) == 0;
}

static void
s_settlement_say (gradmq_worker_t *self, const void *argument, char *text, size_t size)
{
    (void) argument;
    snprintf (text, size, "settlement: %" PRIu64 " gradients are not settled",
              gradmq_outbox_count (&self->ledger.outbox));
}

gradmq_err_t
gradmq_worker_flush (gradmq_worker_t *self, uint32_t timeout_ms, gradmq_reason_t *why)
{
    static const gradmq_wait_t wait = {
        .ready = s_all_settled, .say = s_settlement_say, .settlement = true};
    return gradmq_worker_wait (self, &wait, gradmq_worker_ms (self) + timeout_ms, why);
}

gradmq_err_t
gradmq_worker_poll (gradmq_worker_t *self, uint32_t timeout_ms, gradmq_reason_t *why)
{
    const uint64_t deadline_ms = gradmq_worker_ms (self) + timeout_ms;
    const uint64_t heard = self->heard;
    for (;;) {
        gradmq_worker_progress (self);
        gradmq_stream_read (self);
        gradmq_err_t err = gradmq_worker_able (self, why);
        if (err || heard != self->heard || gradmq_worker_ms (self) >= deadline_ms)
            return err;
        gradmq_worker_doze (self, deadline_ms);
    }
}

//  ------------------------------------------------------------------------------------------------
//  What it tells about itself

const gradmq_layout_info_t *
gradmq_worker_layout (gradmq_worker_t *self)
{
    return &self->known.info;
}

uint64_t
gradmq_worker_elements (const gradmq_worker_t *self)
{
    return gradmq_layout_elements (self->known.layout);
}

const char *
gradmq_worker_name (const gradmq_worker_t *self)
{
    return self->session.name;
}

const char *
gradmq_worker_waits (const gradmq_worker_t *self)
{
    return self->session.waits;
}

void
gradmq_worker_on_verdict (gradmq_worker_t *self,
                          void (*handler) (const gradmq_verdict_t *verdict, void *context),
                          void *context)
{
    self->on_verdict = handler;
    self->on_verdict_context = context;
}

void
gradmq_worker_stats (const gradmq_worker_t *self, gradmq_worker_stats_t *stats)
{
    const gradmq_ledger_t *ledger = &self->ledger;
    *stats = (gradmq_worker_stats_t){.pushed = self->pushed,
                                     .settled = ledger->settled,
                                     .applied = ledger->applied,
                                     .refused = ledger->refused,
                                     .resent = ledger->resent,
                                     .unsettled = gradmq_outbox_count (&ledger->outbox),
                                     .unsettled_bytes = ledger->outbox.bytes,
                                     .credit_gradients = ledger->credit.gradients,
                                     .credit_bytes = ledger->credit.bytes,
                                     .incarnation = ledger->incarnation,
                                     .epoch = self->epoch,
                                     .version = self->version,
                                     .updates = self->stream.updates,
                                     .gaps = self->stream.gaps,
                                     .clock = self->clock,
                                     .min_clock = self->hearsay.min_clock,
                                     .round = gradmq_rounds_open (&self->rounds)};
}
