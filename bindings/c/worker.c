#include "arrival.h"
#include "worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  Updates that wait for a slow reader: as many as this has room for, at least 2.
#define UPDATES_BYTES (64ull << 20)
#define UPDATES_MOST 1000u
//  A Leave is worth this wait where not all is settled.
#define LEAVE_IN_VAIN_MS 200u

const char *
gradmq_version (void)
{
    return GRADMQ_VERSION;
}

//  ------------------------------------------------------------------------------------------------
//  Open

static gradmq_err_t
s_describe (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reply_t *reply,
            gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE,
                                .model = session->model [0] ? session->model : NULL};
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, reply,
                                              &self->frames, why);
    if (!err && reply->answer != GRADMQ_ANSWER_DESCRIPTION)
        err = gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s does not describe itself",
                             session->control);
    if (!err && session->model [0] == 0) {
        if (reply->model == NULL || reply->model [0] == 0)
            err = gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s does not name its model",
                                 session->control);
        else
            snprintf (session->model, sizeof session->model, "%s", reply->model);
    }
    if (err)
        gradmq_reply_clear (reply);
    else
        gradmq_worker_position (self, &reply->position);
    return err;
}

//  Ask until there is a model.
static gradmq_err_t
s_await_model (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reply_t *reply,
               gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_err_t err = s_describe (self, deadline_ms, reply, why);
    uint64_t wait = session->pace.retry_ms;
    while (!err && reply->description.tensor_count == 0) {
        gradmq_reply_clear (reply);
        uint64_t now = gradmq_worker_ms (self);
        uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
        gradmq_session_wait (session, "waiting for a model to be loaded into %s", session->model);
        zmq_poll (NULL, 0, (long) (wait < left ? wait : left));
        wait = wait < 500 ? wait * 2 : 1000;
        if (left)
            err = s_describe (self, deadline_ms, reply, why);
        if (left == 0 || err == GRADMQ_ERR_TIMEOUT)
            err = gradmq_refuse (why, GRADMQ_ERR_NO_MODEL,
                                 "no model was loaded into %s at %s in time: load one first",
                                 session->model, session->control);
    }
    gradmq_session_go (session);
    return err;
}

//  The stream that was asked for, or the master dtype's.
static gradmq_err_t
s_choose_stream (gradmq_worker_t *self, const gradmq_description_t *description,
                 gradmq_reason_t *why)
{
    char *stream = self->session.stream;
    if (stream [0] == 0) {
        const gradmq_dtype_t *master =
            gradmq_dtype (description->layout_dtype ? description->layout_dtype : GRADMQ_F32);
        snprintf (stream, sizeof self->session.stream, "%s", master ? master->stream : "f32");
    }
    if (gradmq_form_named (stream) == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_UNSUPPORTED,
                              "this library does not read the stream %s; it reads %s", stream,
                              gradmq_arrival_streams ());
    return GRADMQ_OK;
}

static void
s_subscribe (void *socket, const char *format, const char *a, const char *b)
{
    char topic [2 * GRADMQ_NAME_BYTES_MAX + 32];
    int length = snprintf (topic, sizeof topic, format, a, b);
    zmq_setsockopt (socket, ZMQ_SUBSCRIBE, topic, (size_t) length);
}

static gradmq_err_t
s_open_updates (gradmq_worker_t *self, gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_err_t err = gradmq_session_socket (session, ZMQ_SUB, &self->updates, why);
    if (err)
        return err;
    uint64_t mark = UPDATES_BYTES / gradmq_layout_bytes (self->known.layout);
    int high = (int) (mark < 2 ? 2 : mark > UPDATES_MOST ? UPDATES_MOST : mark);
    zmq_setsockopt (self->updates, ZMQ_RCVHWM, &high, sizeof high);
    s_subscribe (self->updates, "params/%s/%s/", session->model, session->stream);
    return GRADMQ_OK;
}

static gradmq_err_t
s_open_monitor (gradmq_worker_t *self, gradmq_reason_t *why)
{
    char endpoint [64];
    snprintf (endpoint, sizeof endpoint, "inproc://gradmq-monitor-%p", (void *) self);
    if (zmq_socket_monitor (self->gradients, endpoint,
                            ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        != 0)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "the connection cannot be watched: %s",
                              zmq_strerror (zmq_errno ()));
    gradmq_err_t err = gradmq_session_socket (&self->session, ZMQ_PAIR, &self->monitor, why);
    return err ? err : gradmq_session_connect (self->monitor, endpoint, why);
}

static gradmq_err_t
s_open_sockets (gradmq_worker_t *self, const gradmq_description_t *description,
                gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_err_t err = s_choose_stream (self, description, why);
    if (!err)
        err = gradmq_session_socket (session, ZMQ_PUSH, &self->gradients, why);
    if (!err)
        err = s_open_monitor (self, why);
    if (!err)
        err = gradmq_session_socket (session, ZMQ_SUB, &self->events, why);
    if (err)
        return err;
    s_subscribe (self->events, "ack/%s/%s/", session->model, session->name);
    s_subscribe (self->events, "event/%s/all/", session->model, NULL);
    s_subscribe (self->events, "event/%s/w/%s/", session->model, session->name);
    if (session->no_updates)
        s_subscribe (self->events, "announce/%s/", session->model, NULL);
    else
        err = s_open_updates (self, why);
    gradmq_inlet_open (&self->from_monitor, self->monitor);
    gradmq_inlet_open (&self->from_events, self->events);
    gradmq_inlet_open (&self->from_updates, self->updates);
    return err;
}

//  Is what this gradient held to go with a later one? Not what a rule left out; not what would be
//  refused for ever, since it makes the sum too large.
static bool
s_comes_back (uint32_t disposition, uint32_t code)
{
    return disposition == GRADMQ_SKIPPED || disposition == GRADMQ_DISCARDED
           || (disposition == GRADMQ_REFUSED && code != GRADMQ_ERR_NON_FINITE);
}

static void
s_settled (void *context, uint64_t sequence, uint32_t disposition, uint32_t code)
{
    gradmq_worker_t *self = (gradmq_worker_t *) context;
    gradmq_kept_t *kept = &self->kept [gradmq_outbox_slot (sequence)];
    if (kept->compressed && s_comes_back (disposition, code))
        gradmq_compressor_return (&self->compressor, kept->compressed, gradmq_kept_payload (kept));
    gradmq_kept_clear (kept);
    if (code == GRADMQ_ERR_LAYOUT)
        self->describe = true;
    if (disposition <= GRADMQ_APPLIED || self->on_verdict == NULL)
        return;
    gradmq_err_t err = code ? gradmq_err_from_number (code) : GRADMQ_OK;
    const gradmq_verdict_t verdict = {.sequence = sequence,
                                      .disposition = disposition,
                                      .name = gradmq_disposition_name (disposition),
                                      .code = err,
                                      .text = gradmq_err_text (err)};
    self->on_verdict (&verdict, self->on_verdict_context);
}

static gradmq_err_t
s_join (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_JOIN, .model = session->model, .worker = session->name};
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, &reply,
                                              &self->frames, why);
    if (!err && (reply.answer != GRADMQ_ANSWER_JOINED || reply.joined.incarnation == 0))
        err = gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s answers Join with something else",
                             session->control);
    if (!err) {
        gradmq_worker_position (self, &reply.position);
        self->describe = false;
        self->join = false;
        gradmq_ledger_init (&self->ledger, reply.joined.incarnation, session->window);
        self->ledger.settle = s_settled;
        self->ledger.context = self;
        gradmq_worker_joined (self, &reply);
        gradmq_worker_acknowledged (self, &reply.joined.ack, false);
        if (!gradmq_push_header_open (&self->header, session->model, session->name,
                                      reply.joined.incarnation))
            err = gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    }
    if (!err)
        err = gradmq_lease_start (&self->lease, session, reply.joined.incarnation,
                                  reply.joined.lease_ms, why);
    gradmq_reply_clear (&reply);
    return err;
}

static gradmq_err_t
s_open (gradmq_worker_t *self, gradmq_reason_t *why)
{
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    gradmq_ledger_init (&self->ledger, 0, self->session.window);
    self->hearsay.heartbeat_ms = GRADMQ_HEARTBEAT_MS;
    self->hearsay.heard_ms = gradmq_worker_ms (self);
    gradmq_err_t err = gradmq_requester_open (&self->control, &self->session, why);
    if (!err)
        err = gradmq_requester_open (&self->probe, &self->session, why);
    if (err)
        return err;
    gradmq_reply_t reply;
    err = s_await_model (self, deadline_ms, &reply, why);
    if (err)
        return err;
    self->hearsay.state = reply.description.state;
    err = gradmq_known_take (&self->known, &reply.description, why);
    if (!err)
        err = s_open_sockets (self, &reply.description, why);
    if (!err)
        err = gradmq_worker_described (self, &reply.description, why);
    gradmq_reply_clear (&reply);
    //  Nothing that is published about us is missed from here on (rule U-4).
    if (!err)
        err = gradmq_stream_sync (self, deadline_ms, why);
    return err ? err : s_join (self, deadline_ms, why);
}

static void
s_free (gradmq_worker_t *self)
{
    gradmq_lease_stop (&self->lease, 0);
    for (size_t i = 0; i < GRADMQ_OUTBOX_SLOTS; i++)
        gradmq_kept_clear (&self->kept [i]);
    gradmq_stream_close (self);
    gradmq_requester_close (&self->control);
    gradmq_requester_close (&self->probe);
    if (self->gradients)
        zmq_socket_monitor (self->gradients, NULL, 0);
    gradmq_socket_close (&self->monitor);
    gradmq_socket_close (&self->gradients);
    gradmq_socket_close (&self->events);
    gradmq_socket_close (&self->updates);
    gradmq_frames_free (&self->frames);
    gradmq_push_header_free (&self->header);
    gradmq_compressor_close (&self->compressor);
    gradmq_known_free (&self->known);
    gradmq_session_close (&self->session);
    free (self);
}

gradmq_err_t
gradmq_worker_open_paced (gradmq_worker_t **self_p, const gradmq_options_t *options,
                          const gradmq_pace_t *pace, gradmq_reason_t *why)
{
    *self_p = NULL;
    gradmq_worker_t *self = (gradmq_worker_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = gradmq_session_open (&self->session, options, pace, why);
    if (err) {
        free (self);
        return err;
    }
    err = s_open (self, why);
    if (err) {
        s_free (self);
        return err;
    }
    *self_p = self;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_worker_open (gradmq_worker_t **self_p, const gradmq_options_t *options, gradmq_reason_t *why)
{
    return gradmq_worker_open_paced (self_p, options, NULL, why);
}

//  ------------------------------------------------------------------------------------------------
//  Close

static void
s_leave (gradmq_worker_t *self, uint64_t deadline_ms)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_LEAVE,
                                .model = self->session.model,
                                .worker = self->session.name,
                                .incarnation = self->ledger.incarnation,
                                .last_sequence = self->ledger.outbox.next - 1};
    gradmq_reply_t reply;
    //  Whoever does not answer drops us when the lease is over.
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, &reply,
                                              &self->frames, NULL);
    (void) err;
    gradmq_reply_clear (&reply);
}

gradmq_err_t
gradmq_worker_close (gradmq_worker_t **self_p, uint32_t timeout_ms, gradmq_reason_t *why)
{
    if (self_p == NULL || *self_p == NULL)
        return GRADMQ_OK;
    gradmq_worker_t *self = *self_p;
    *self_p = NULL;
    uint64_t left = gradmq_outbox_count (&self->ledger.outbox);
    gradmq_err_t err = left ? gradmq_worker_flush (self, timeout_ms, why) : GRADMQ_OK;
    uint64_t deadline_ms = gradmq_worker_ms (self) + (err ? LEAVE_IN_VAIN_MS : GRADMQ_LEAVE_MS);
    gradmq_lease_stop (&self->lease, deadline_ms);
    if (!self->fenced)
        s_leave (self, deadline_ms);
    s_free (self);
    return err;
}
