#include "worker.h"

#include <stdio.h>
#include <string.h>

//  Most events that are read in one go, so that a flood of them does not keep the caller.
#define EVENTS_MOST 4096
//  A large gradient that ZeroMQ still holds is looked at again after this.
#define LEAVING_MS 50u
//  Waits shorter than this are not told; longer ones are told again each second.
#define TELL_AFTER_MS 10u
#define TELL_EVERY_MS 1000u

//  The sentence that says what is waited for: what, and what is known of the coordinator.
#define WHAT_BYTES 128
#define KNOWN_BYTES 768
#define TEXT_BYTES 1024

//  Connections of the gradients' socket: one that was lost may have taken gradients with it.
static void
s_read_monitor (gradmq_worker_t *self)
{
    while (gradmq_inlet_receive (&self->from_monitor, &self->frames)) {
        uint16_t event = 0;
        if (self->frames.count && gradmq_frames_size (&self->frames, 0) >= sizeof event)
            memcpy (&event, gradmq_frames_data (&self->frames, 0), sizeof event);
        if (event == ZMQ_EVENT_DISCONNECTED)
            self->lost = true;
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && self->lost) {
            self->lost = false;
            if (gradmq_outbox_count (&self->ledger.outbox))
                gradmq_confirm_want (&self->ledger.confirm);
        }
    }
}

static void
s_heartbeat (gradmq_worker_t *self, const gradmq_event_t *event)
{
    const gradmq_heartbeat_t *heartbeat = &event->heartbeat;
    gradmq_hearsay_take (&self->hearsay, heartbeat, gradmq_worker_ms (self));
    self->closed = heartbeat->state == GRADMQ_STATE_CLOSING;
    //  A round that ends with the coordinator is followed by none.
    if (!self->closed)
        gradmq_rounds_hear (&self->rounds, event->position.epoch, event->position.version,
                            heartbeat->round);
}

static void
s_notice_to_me (gradmq_worker_t *self, const gradmq_notice_body_t *notice)
{
    if (notice->incarnation && notice->incarnation < self->ledger.incarnation)
        return;
    switch (notice->notice) {
        case GRADMQ_NOTICE_EXPIRED:
            self->join = true;
            break;
        case GRADMQ_NOTICE_FENCED:
            gradmq_confirm_want (&self->ledger.confirm);
            break;
        case GRADMQ_NOTICE_TURNED_AWAY:
            if (notice->code == GRADMQ_ERR_NOT_JOINED)
                self->join = true;
            if (notice->code == GRADMQ_ERR_FENCED)
                gradmq_confirm_want (&self->ledger.confirm);
            break;
        default:
            break;
    }
}

static void
s_notice (gradmq_worker_t *self, const gradmq_event_t *event)
{
    const gradmq_notice_body_t *notice = &event->notice;
    if (notice->notice == GRADMQ_NOTICE_STEP_SKIPPED || notice->notice == GRADMQ_NOTICE_CLEARED)
        gradmq_rounds_passed (&self->rounds, event->position.epoch, event->position.version);
    if (notice->notice == GRADMQ_NOTICE_CLOSING) {
        self->closed = true;
        self->hearsay.state = GRADMQ_STATE_CLOSING;
    }
    if (notice->worker && strcmp (notice->worker, self->session.name) == 0)
        s_notice_to_me (self, notice);
}

static void
s_event (gradmq_worker_t *self, const gradmq_event_t *event)
{
    if (event->kind == GRADMQ_EVENT_ACKNOWLEDGEMENT) {
        const gradmq_ack_t *ack = &event->ack;
        if (gradmq_worker_current (self, &ack->position))
            gradmq_worker_acknowledged (self, ack, false);
        return;
    }
    if (event->kind == GRADMQ_EVENT_MALFORMED || !gradmq_worker_current (self, &event->position))
        return;
    if (event->kind == GRADMQ_EVENT_HEARTBEAT)
        s_heartbeat (self, event);
    else if (event->kind == GRADMQ_EVENT_NOTICE)
        s_notice (self, event);
    else if (event->kind == GRADMQ_EVENT_SYNC)
        gradmq_stream_marked (self, event->nonce, false);
}

static void
s_read_events (gradmq_worker_t *self)
{
    for (int i = 0; i < EVENTS_MOST && gradmq_inlet_receive (&self->from_events, &self->frames);
         i++) {
        gradmq_event_t event;
        if (self->frames.count < 2
            || gradmq_wire_decode_event (&event, gradmq_frames_data (&self->frames, 1),
                                         gradmq_frames_size (&self->frames, 1), NULL))
            continue;
        gradmq_worker_heard (self);
        s_event (self, &event);
        gradmq_event_clear (&event);
    }
}

static void
s_send_again (gradmq_worker_t *self)
{
    gradmq_ledger_t *ledger = &self->ledger;
    gradmq_outbox_t *outbox = &ledger->outbox;
    if (outbox->held == 0 || self->join || self->describe || self->closed)
        return;
    uint64_t now = gradmq_worker_ms (self);
    uint64_t at = 0;
    while ((at = gradmq_outbox_due (outbox, at, &ledger->credit, now)) != 0) {
        gradmq_kept_t *kept = &self->kept [gradmq_outbox_slot (at)];
        if (gradmq_kept_leaving (kept, self->gradients)) {
            gradmq_outbox_defer (outbox, at, now + LEAVING_MS);
            continue;
        }
        gradmq_sent_t sent = gradmq_kept_send (kept, self->gradients);
        self->blocked = sent == GRADMQ_AGAIN;
        if (sent == GRADMQ_AGAIN || sent == GRADMQ_FAILED)
            return;
        if (sent == GRADMQ_BROKEN)
            gradmq_confirm_want (&ledger->confirm);
        gradmq_outbox_resent (outbox, at, now);
        ledger->resent++;
        at++;
    }
}

//  Look for what has come in, and wait for it.
static void
s_look (gradmq_worker_t *self, long wait)
{
    gradmq_inlet_t *const inlets [] = {&self->from_monitor, &self->from_events,
                                       &self->from_updates};
    struct pollfd others [2] = {{.fd = -1, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (self->blocked)
        others [0].fd = gradmq_inlet_descriptor (self->gradients);
    if (self->probing != GRADMQ_PROBE_NOTHING)
        others [1].fd = gradmq_inlet_descriptor (self->probe.socket);
    gradmq_inlets_wait (inlets, 3, others, 2, wait);
    self->looked = true;
    if (others [0].revents && gradmq_socket_events (self->gradients) & ZMQ_POLLOUT)
        self->blocked = false;
}

void
gradmq_worker_progress (gradmq_worker_t *self)
{
    if (!self->looked)
        s_look (self, 0);
    self->looked = false;
    s_read_monitor (self);
    s_read_events (self);
    gradmq_worker_probe (self);
    s_send_again (self);
    if (self->lease)
        gradmq_lease_set_low_water (self->lease, self->ledger.outbox.first);
}

gradmq_err_t
gradmq_worker_able (const gradmq_worker_t *self, gradmq_reason_t *why)
{
    if (self->fenced)
        return gradmq_refuse (
            why, GRADMQ_ERR_FENCED,
            "a newer incarnation of %s has joined; this worker is over: close it, "
            "and give each worker a name of its own",
            self->session.name);
    if (self->refused)
        return gradmq_refuse (why, self->refused, "cannot join again: %s", self->refusal);
    if (self->closed)
        return gradmq_refuse (why, GRADMQ_ERR_CLOSED, "the coordinator of %s at %s is closing",
                              self->session.model, self->session.control);
    return GRADMQ_OK;
}

//  ------------------------------------------------------------------------------------------------
//  Waiting

//  What is known of the coordinator.
static void
s_hearsay (gradmq_worker_t *self, char *text, size_t size)
{
    if (self->describe || self->join)
        snprintf (text, size, "joining again, because the coordinator does not know this worker");
    else if (self->lost || self->blocked)
        snprintf (text, size, "there is no connection to %s", self->endpoints.gradients);
    else
        gradmq_hearsay_say (&self->hearsay, gradmq_worker_ms (self), text, size);
}

static void
s_text (gradmq_worker_t *self, const gradmq_wait_t *wait, char *text, size_t size)
{
    char what [WHAT_BYTES];
    char known [KNOWN_BYTES];
    wait->say (self, wait->argument, what, sizeof what);
    s_hearsay (self, known, sizeof known);
    snprintf (text, size, "waiting for %s; %s", what, known);
}

static uint64_t
s_least (uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void
gradmq_worker_doze (gradmq_worker_t *self, uint64_t deadline_ms)
{
    uint64_t now = gradmq_worker_ms (self);
    uint64_t wait = deadline_ms > now ? deadline_ms - now : 0;
    wait = s_least (wait, self->session.pace.confirm_ms);
    wait = s_least (wait, gradmq_worker_probe_wait_ms (self));
    if (!self->join && !self->describe && !self->blocked)
        wait = s_least (wait, gradmq_outbox_wait_ms (&self->ledger.outbox, now));
    s_look (self, (long) wait);
}

//  Where settlement is waited for and nothing moves, look for what got lost.
static void
s_look_for_loss (gradmq_worker_t *self, uint64_t now)
{
    const gradmq_ledger_t *ledger = &self->ledger;
    if (ledger->outbox.first != self->moved_settled || ledger->received != self->moved_received) {
        self->moved_settled = ledger->outbox.first;
        self->moved_received = ledger->received;
        self->moved_ms = now;
    }
    if (now - self->moved_ms < self->session.pace.confirm_ms)
        return;
    self->moved_ms = now;
    if (gradmq_outbox_count (&ledger->outbox))
        gradmq_confirm_want (&self->ledger.confirm);
}

//  Where nothing is heard, ask: another process may be there by now, and control answers everything
//  (rule K-6).
static void
s_look_for_life (gradmq_worker_t *self, uint64_t now)
{
    uint64_t last =
        self->hearsay.heard_ms > self->asked_ms ? self->hearsay.heard_ms : self->asked_ms;
    if (now - last < 2 * self->hearsay.heartbeat_ms)
        return;
    self->asked_ms = now;
    gradmq_confirm_want (&self->ledger.confirm);
}

static gradmq_err_t
s_wait (gradmq_worker_t *self, const gradmq_wait_t *wait, uint64_t deadline_ms,
        gradmq_reason_t *why)
{
    uint64_t tell_ms = gradmq_worker_ms (self) + TELL_AFTER_MS;
    uint32_t state = self->hearsay.state;
    char text [TEXT_BYTES];
    self->moved_ms = gradmq_worker_ms (self);
    for (;;) {
        gradmq_worker_progress (self);
        gradmq_stream_read (self);
        if (wait->ready (self, wait->argument))
            return GRADMQ_OK;
        gradmq_err_t err = gradmq_worker_able (self, why);
        if (err)
            return err;
        uint64_t now = gradmq_worker_ms (self);
        if (wait->settlement)
            s_look_for_loss (self, now);
        s_look_for_life (self, now);
        if (now >= tell_ms || now >= deadline_ms || state != self->hearsay.state) {
            s_text (self, wait, text, sizeof text);
            gradmq_session_wait (&self->session, "%s", text);
            state = self->hearsay.state;
            tell_ms = now + TELL_EVERY_MS;
        }
        if (now >= deadline_ms)
            return gradmq_refuse (why, GRADMQ_ERR_TIMEOUT, "the time is over while %s", text);
        gradmq_worker_doze (self, s_least (deadline_ms, tell_ms));
    }
}

gradmq_err_t
gradmq_worker_wait (gradmq_worker_t *self, const gradmq_wait_t *wait, uint64_t deadline_ms,
                    gradmq_reason_t *why)
{
    gradmq_err_t err = s_wait (self, wait, deadline_ms, why);
    gradmq_session_go (&self->session);
    return err;
}
