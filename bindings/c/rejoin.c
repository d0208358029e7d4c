#include "worker.h"

#include <string.h>

static bool
s_former (const gradmq_worker_t *self, uint64_t instance)
{
    for (size_t i = 0; i < GRADMQ_INSTANCES_KEPT; i++)
        if (instance && self->former [i] == instance)
            return true;
    return false;
}

//  Another process answers for the coordinator (rules P-1, S-2). What the one before said and is
//  still on its way must not bring it back.
static void
s_new_instance (gradmq_worker_t *self, const gradmq_position_t *position)
{
    if (self->instance) {
        for (size_t i = 0; i < GRADMQ_INSTANCES_KEPT; i++)
            if (self->former [i] == position->instance)
                self->former [i] = 0;
        self->former [self->former_count++ % GRADMQ_INSTANCES_KEPT] = self->instance;
        self->describe = true;
        self->join = true;
        self->join_after_ms = 0;
        self->stream.join = true;
        self->stream.pending = false;
        self->stream.foreign = true;
        gradmq_ledger_forget (&self->ledger);
        gradmq_rounds_forget (&self->rounds);
    }
    self->closed = false;
    self->hearsay.state = 0;
    self->instance = position->instance;
    self->epoch = position->epoch;
    self->version = position->version;
}

void
gradmq_worker_position (gradmq_worker_t *self, const gradmq_position_t *position)
{
    if (position->instance == 0 || s_former (self, position->instance))
        return;
    if (position->instance != self->instance)
        s_new_instance (self, position);
    if (position->epoch > self->epoch
        || (position->epoch == self->epoch && position->version > self->version)) {
        self->epoch = position->epoch;
        self->version = position->version;
    }
}

bool
gradmq_worker_current (gradmq_worker_t *self, const gradmq_position_t *position)
{
    gradmq_worker_position (self, position);
    return position->instance == 0 || position->instance == self->instance;
}

void
gradmq_worker_acknowledged (gradmq_worker_t *self, const gradmq_ack_t *ack, bool asked)
{
    gradmq_calls_t calls = gradmq_ledger_take (&self->ledger, ack, asked, gradmq_worker_ms (self),
                                               self->session.pace.confirm_ms);
    if (calls.join)
        self->join = true;
    if (calls.fenced)
        gradmq_confirm_want (&self->ledger.confirm);
    if (calls.closed)
        self->closed = true;
}

//  ------------------------------------------------------------------------------------------------
//  Description

static gradmq_err_t
s_endpoint (gradmq_worker_t *self, void *socket, char kept [GRADMQ_ENDPOINT_BYTES],
            const gradmq_texts_t *named, const char *what, gradmq_reason_t *why)
{
    char endpoint [GRADMQ_ENDPOINT_BYTES];
    if (socket == NULL)
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_endpoint_choose (endpoint, named, self->session.control, what, why);
    if (err || strcmp (kept, endpoint) == 0)
        return err;
    err = gradmq_session_connect (socket, endpoint, why);
    if (err)
        return err;
    if (kept [0])
        zmq_disconnect (socket, kept);
    memcpy (kept, endpoint, GRADMQ_ENDPOINT_BYTES);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_worker_described (gradmq_worker_t *self, const gradmq_description_t *description,
                         gradmq_reason_t *why)
{
    gradmq_endpoints_t *kept = &self->endpoints;
    gradmq_err_t err = GRADMQ_OK;
    if (description->tensor_count)
        err = gradmq_known_take (&self->known, description, why);
    if (!err)
        err = s_endpoint (self, self->events, kept->events, &description->events, "events", why);
    if (!err)
        err =
            s_endpoint (self, self->updates, kept->updates, &description->updates, "updates", why);
    if (!err)
        err = s_endpoint (self, self->gradients, kept->gradients, &description->gradients,
                          "gradients", why);
    gradmq_inlet_touch (&self->from_events);
    gradmq_inlet_touch (&self->from_updates);
    if (description->heartbeat_ms)
        self->hearsay.heartbeat_ms = description->heartbeat_ms;
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  The probe

static void
s_refuse (gradmq_worker_t *self, const gradmq_reason_t *reason)
{
    self->refused = reason->code;
    memcpy (self->refusal, reason->text, sizeof self->refusal);
}

static void
s_joined (gradmq_worker_t *self, const gradmq_reply_t *reply)
{
    const gradmq_joined_t *joined = &reply->joined;
    if (reply->answer != GRADMQ_ANSWER_JOINED || joined->incarnation != self->ledger.incarnation)
        return;
    self->join = false;
    self->refused = GRADMQ_OK;
    if (joined->layout_id && self->known.layout
        && joined->layout_id != gradmq_layout_id (self->known.layout))
        self->describe = true;
    gradmq_worker_joined (self, reply);
    gradmq_worker_acknowledged (self, &joined->ack, false);
    //  Whatever it remembers of us, the same bytes are never applied twice (rule S-4).
    gradmq_outbox_t *outbox = &self->ledger.outbox;
    gradmq_outbox_lost (outbox, outbox->first, outbox->next - 1);
}

//  Not now, perhaps later; or never: those waiting are told.
static void
s_not_joined (gradmq_worker_t *self, const gradmq_reason_t *reason)
{
    self->join_after_ms = gradmq_worker_ms (self) + self->session.pace.confirm_ms;
    switch (reason->code) {
        case GRADMQ_ERR_CLOSED:
            self->closed = true;
            break;
        case GRADMQ_ERR_BUSY:
        case GRADMQ_ERR_STATE:
        case GRADMQ_ERR_NO_MODEL:
        case GRADMQ_ERR_INTERNAL:
        case GRADMQ_ERR_MEMORY:
            break;
        default:
            s_refuse (self, reason);
    }
}

//  Whether an answer counts: not that of an instance that was left before; then what it answers is asked
//  again. But whoever answers what was asked of the present one is there now: of that one a word came late.
static bool
s_counts (gradmq_worker_t *self, const gradmq_position_t *position)
{
    if (self->asked_of == self->instance && s_former (self, position->instance))
        s_new_instance (self, position);
    return gradmq_worker_current (self, position);
}

static void
s_answered (gradmq_worker_t *self, gradmq_probe_t asked, const gradmq_reply_t *reply)
{
    gradmq_reason_t reason = {0};
    gradmq_err_t err = gradmq_reply_error (reply, &reason);
    if (!s_counts (self, &reply->position))
        return;
    if (err == GRADMQ_ERR_FENCED)
        self->fenced = true;
    else if (err == GRADMQ_ERR_NOT_JOINED)
        self->join = true;
    else if (err == GRADMQ_ERR_PERMISSION) {
        //  Its key was taken out. It may be put back: then there is a member to be again.
        self->join = true;
        s_not_joined (self, &reason);
    } else if (asked == GRADMQ_PROBE_DESCRIBE) {
        self->describe = false;
        if (!err && reply->answer == GRADMQ_ANSWER_DESCRIPTION)
            err = gradmq_worker_described (self, &reply->description, &reason);
        if (err)
            s_refuse (self, &reason);
    } else if (asked == GRADMQ_PROBE_JOIN) {
        if (err)
            s_not_joined (self, &reason);
        else
            s_joined (self, reply);
    } else if (!err && reply->answer == GRADMQ_ANSWER_ACKNOWLEDGEMENT)
        gradmq_worker_acknowledged (self, &reply->ack, true);
    else
        self->ledger.confirm = (gradmq_confirm_t){0};
}

static void
s_ask (gradmq_worker_t *self, gradmq_probe_t what)
{
    static const gradmq_command_t commands [] = {
        [GRADMQ_PROBE_NOTHING] = GRADMQ_COMMAND_NONE,
        [GRADMQ_PROBE_DESCRIBE] = GRADMQ_COMMAND_DESCRIBE,
        [GRADMQ_PROBE_JOIN] = GRADMQ_COMMAND_JOIN,
        [GRADMQ_PROBE_ACKNOWLEDGEMENT] = GRADMQ_COMMAND_ACKNOWLEDGEMENT,
    };
    gradmq_request_t request = {.command = commands [what],
                                .model = self->session.model,
                                .worker = self->session.name,
                                .incarnation = self->ledger.incarnation,
                                .low_water = self->ledger.outbox.first,
                                .sent_through = self->ledger.outbox.next - 1};
    if (!gradmq_requester_ask (&self->probe, &request, NULL, NULL)) {
        self->probing = what;
        self->asked_of = self->instance;
    }
}

//  What to ask next, in the order in which one needs the other.
static gradmq_probe_t
s_next (gradmq_worker_t *self)
{
    uint64_t now = gradmq_worker_ms (self);
    if (now < self->join_after_ms || self->ledger.incarnation == 0)
        return GRADMQ_PROBE_NOTHING;
    if (self->describe)
        return GRADMQ_PROBE_DESCRIBE;
    if (self->join)
        return GRADMQ_PROBE_JOIN;
    if (gradmq_confirm_wait_ms (&self->ledger.confirm, now, self->session.pace.confirm_ms) == 0)
        return GRADMQ_PROBE_ACKNOWLEDGEMENT;
    return GRADMQ_PROBE_NOTHING;
}

uint64_t
gradmq_worker_probe_wait_ms (const gradmq_worker_t *self)
{
    if (self->probing != GRADMQ_PROBE_NOTHING)
        return gradmq_requester_wait_ms (&self->probe);
    if (self->fenced || self->ledger.incarnation == 0)
        return UINT64_MAX;
    uint64_t now = gradmq_worker_ms (self);
    uint64_t rest = self->join_after_ms > now ? self->join_after_ms - now : 0;
    uint64_t wait = 1;
    if (!self->describe && !self->join)
        wait = gradmq_confirm_wait_ms (&self->ledger.confirm, now, self->session.pace.confirm_ms);
    return wait > rest ? wait : rest;
}

void
gradmq_worker_probe (gradmq_worker_t *self)
{
    if (self->lease && gradmq_lease_fenced (self->lease))
        self->fenced = true;
    if (self->fenced)
        return;
    if (self->lease)
        gradmq_worker_position (
            self, &(gradmq_position_t){.instance = gradmq_lease_instance (self->lease)});
    if (self->probing != GRADMQ_PROBE_NOTHING) {
        gradmq_reply_t reply;
        gradmq_err_t err;
        if (!gradmq_requester_look (&self->probe, &reply, &self->frames, &err, NULL))
            return;
        gradmq_probe_t asked = self->probing;
        self->probing = GRADMQ_PROBE_NOTHING;
        if (err) {
            self->join_after_ms = gradmq_worker_ms (self) + self->session.pace.confirm_ms;
        } else {
            gradmq_worker_heard (self);
            s_answered (self, asked, &reply);
            gradmq_reply_clear (&reply);
        }
    }
    gradmq_probe_t next = s_next (self);
    if (next != GRADMQ_PROBE_NOTHING)
        s_ask (self, next);
}
