#include "request.h"

#include "core/random.h"

#include <stdlib.h>
#include <string.h>

//  A lost connection shows on the socket's events only, and nothing wakes for it.
#define LOOK_MS 50u
#define BACKOFF_MOST_MS 10000u

static const struct {
    gradmq_command_t command;
    const char *name;
    //  What a worker needs takes little memory: that there is none will pass. For a model or an optimizer there
    //  may never be enough.
    bool small;
} s_commands [] = {
    {GRADMQ_COMMAND_DESCRIBE, "Describe", true},
    {GRADMQ_COMMAND_JOIN, "Join", true},
    {GRADMQ_COMMAND_LEAVE, "Leave", true},
    {GRADMQ_COMMAND_SET_PARAMETERS, "SetParameters", false},
    {GRADMQ_COMMAND_GET_PARAMETERS, "GetParameters", false},
    {GRADMQ_COMMAND_SET_MODEL_PARAMETERS, "SetModelParameters", false},
    {GRADMQ_COMMAND_GET_MODEL_PARAMETERS, "GetModelParameters", true},
    {GRADMQ_COMMAND_ADD_GRADIENTS, "AddGradients", false},
    {GRADMQ_COMMAND_ADD_MODEL_PARAMETERS, "AddModelParameters", false},
    {GRADMQ_COMMAND_CLEAR_GRADIENTS, "ClearGradients", false},
    {GRADMQ_COMMAND_START, "Start", false},
    {GRADMQ_COMMAND_STOP, "Stop", false},
    {GRADMQ_COMMAND_RESET, "Reset", false},
    {GRADMQ_COMMAND_DESTROY, "Destroy", false},
    {GRADMQ_COMMAND_STATUS, "Status", false},
    {GRADMQ_COMMAND_LIST_WORKERS, "ListWorkers", false},
    {GRADMQ_COMMAND_ACKNOWLEDGEMENT, "Acknowledgement", true},
    {GRADMQ_COMMAND_SYNC, "Sync", true},
    {GRADMQ_COMMAND_CHECKPOINT, "Checkpoint", false},
    {GRADMQ_COMMAND_RESTORE, "Restore", false},
    {GRADMQ_COMMAND_RECORD, "Record", false},
    {GRADMQ_COMMAND_NONE, "a request", false},
};

//  The last row is that of what is in none.
static size_t
s_row (gradmq_command_t command)
{
    size_t row = 0;
    while (s_commands [row].command != GRADMQ_COMMAND_NONE && s_commands [row].command != command)
        row++;
    return row;
}

static const char *
s_command_name (gradmq_command_t command)
{
    return s_commands [s_row (command)].name;
}

gradmq_err_t
gradmq_requester_open (gradmq_requester_t *self, gradmq_session_t *session, gradmq_reason_t *why)
{
    memset (self, 0, sizeof *self);
    self->session = session;
    //  Answers are remembered by (client, request_id): an earlier process of the same name must not
    //  have used ours.
    self->next_id = gradmq_random_u64 () >> 1 | 1;
    gradmq_err_t err = gradmq_session_socket (session, ZMQ_REQ, &self->socket, why);
    if (!err)
        err = gradmq_handshake_watch (&self->handshake, &session->keys, session->zmq, self->socket,
                                      why);
    if (!err)
        err = gradmq_session_connect (self->socket, session->control, why);
    if (err)
        gradmq_requester_close (self);
    return err;
}

static void
s_forget (gradmq_requester_t *self)
{
    self->asking = false;
    if (self->has_header)
        zmq_msg_close (&self->header);
    self->has_header = false;
    gradmq_buffer_release (&self->payload);
}

void
gradmq_requester_close (gradmq_requester_t *self)
{
    s_forget (self);
    gradmq_handshake_close (&self->handshake, self->socket);
    gradmq_socket_close (&self->socket);
}

static void
s_free (void *data, void *hint)
{
    (void) hint;
    free (data);
}

static uint64_t
s_now (const gradmq_requester_t *self)
{
    return gradmq_session_ms (self->session);
}

//  Doubles from retry_ms, with a random part of half of it.
static uint64_t
s_backoff (const gradmq_requester_t *self)
{
    uint32_t doublings = self->tries < 8 ? self->tries : 8;
    uint64_t wait = (uint64_t) self->session->pace.retry_ms << doublings;
    if (wait > BACKOFF_MOST_MS)
        wait = BACKOFF_MOST_MS;
    return wait + gradmq_random_below ((uint32_t) (wait / 2) + 1);
}

static bool
s_connected (gradmq_requester_t *self)
{
    return (gradmq_socket_events (self->socket) & ZMQ_POLLOUT) != 0;
}

//  Send it when there is a peer and it was not sent to this one, or not answered in time.
static void
s_send (gradmq_requester_t *self)
{
    if (!s_connected (self)) {
        self->sent = false;
        return;
    }
    self->reached = true;
    if (self->sent && s_now (self) < self->again_ms)
        return;
    gradmq_sent_t sent = self->payload
                             ? gradmq_buffer_send (self->payload, &self->header, self->socket)
                             : gradmq_message_send (&self->header, NULL, self->socket);
    self->sent = true;
    self->again_ms = s_now (self) + LOOK_MS;
    if (sent == GRADMQ_SENT) {
        self->again_ms = s_now (self) + self->session->request_ms + s_backoff (self);
        self->tries++;
    }
}

gradmq_err_t
gradmq_requester_ask (gradmq_requester_t *self, gradmq_request_t *request, gradmq_buffer_t *payload,
                      gradmq_reason_t *why)
{
    s_forget (self);
    self->id = self->next_id++;
    request->client = self->session->name;
    request->request_id = self->id;
    void *header = NULL;
    size_t size = 0;
    gradmq_err_t err = gradmq_wire_encode_request (request, &header, &size);
    if (err)
        return gradmq_refuse (why, err, "%s cannot be written: %s",
                              s_command_name (request->command), gradmq_err_text (err));
    if (size > GRADMQ_HEADER_BYTES_MAX) {
        free (header);
        return gradmq_refuse (why, GRADMQ_ERR_TOO_LARGE, "%s has a header of %zu bytes; %u can go",
                              s_command_name (request->command), size, GRADMQ_HEADER_BYTES_MAX);
    }
    if (zmq_msg_init_data (&self->header, header, size, s_free, NULL) != 0) {
        free (header);
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    }
    self->has_header = true;
    self->payload = payload ? gradmq_buffer_acquire (payload) : NULL;
    self->command = s_command_name (request->command);
    self->asking = true;
    self->sent = false;
    self->tries = 0;
    s_send (self);
    return GRADMQ_OK;
}

//  A message was received: is it the answer?
static bool
s_answer (gradmq_requester_t *self, gradmq_reply_t *reply, gradmq_frames_t *frames,
          gradmq_err_t *err, gradmq_reason_t *why)
{
    if (frames->count == 0)
        return false;
    *err = gradmq_wire_decode_reply (reply, gradmq_frames_data (frames, 0),
                                     gradmq_frames_size (frames, 0), why);
    if (*err)
        return true;
    //  0 where the coordinator could not read the id (rule R-9).
    bool ours = reply->request_id == self->id || (reply->request_id == 0 && reply->code != 0);
    if (!ours)
        gradmq_reply_clear (reply);
    return ours;
}

bool
gradmq_requester_look (gradmq_requester_t *self, gradmq_reply_t *reply, gradmq_frames_t *frames,
                       gradmq_err_t *err, gradmq_reason_t *why)
{
    *err = GRADMQ_OK;
    memset (reply, 0, sizeof *reply);
    if (!self->asking)
        return false;
    while (gradmq_frames_receive (frames, self->socket))
        if (s_answer (self, reply, frames, err, why)) {
            if (*err)
                memset (reply, 0, sizeof *reply);
            s_forget (self);
            return true;
        }
    s_send (self);
    return false;
}

uint64_t
gradmq_requester_wait_ms (const gradmq_requester_t *self)
{
    if (!self->asking)
        return UINT64_MAX;
    uint64_t now = s_now (self);
    uint64_t left = self->again_ms > now ? self->again_ms - now : 0;
    return self->sent && left < LOOK_MS ? left : LOOK_MS;
}

void
gradmq_requester_wait (const gradmq_requester_t *self, uint64_t deadline_ms)
{
    uint64_t now = s_now (self);
    uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
    uint64_t wait = gradmq_requester_wait_ms (self);
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
    if (!self->sent)
        item.events = ZMQ_POLLIN | ZMQ_POLLOUT;
    zmq_poll (&item, 1, (long) (wait < left ? wait : left));
}

//  What is told where the handshake fails: ZeroMQ does not say which of the two it is.
#define HANDSHAKE_TEXT                                                                             \
    "the handshake fails: is server_key that coordinator's, and is the key %s among those that "   \
    "it "                                                                                          \
    "has authorised?"

static gradmq_err_t
s_timeout (gradmq_requester_t *self, gradmq_reason_t *why)
{
    if (!self->sent && gradmq_handshake_failed (&self->handshake))
        return gradmq_refuse (why, GRADMQ_ERR_CONNECT, "%s is there, but " HANDSHAKE_TEXT,
                              self->session->control, self->session->keys.own.public_key);
    if (!self->reached)
        return gradmq_refuse (why, GRADMQ_ERR_CONNECT,
                              "nobody answers at %s: is the coordinator up, and is this its "
                              "control endpoint?%s",
                              self->session->control,
                              self->session->keys.given
                                  ? ""
                                  : " One that asks for keys is silent to those who give none.");
    return gradmq_refuse (why, GRADMQ_ERR_TIMEOUT,
                          "%s was not answered by %s in time, asked %u times", self->command,
                          self->session->control, self->tries);
}

static void
s_tell (gradmq_requester_t *self)
{
    gradmq_session_t *session = self->session;
    if (!self->sent && gradmq_handshake_failed (&self->handshake))
        gradmq_session_wait (session, "waiting for %s: " HANDSHAKE_TEXT, session->control,
                             session->keys.own.public_key);
    else
        gradmq_session_wait (session, "waiting for %s to answer %s%s", session->control,
                             self->command, self->sent ? "" : ": there is no connection");
}

//  Until the answer is there or the deadline is over.
static gradmq_err_t
s_await (gradmq_requester_t *self, uint64_t deadline_ms, gradmq_reply_t *reply,
         gradmq_frames_t *frames, gradmq_reason_t *why)
{
    gradmq_err_t err = GRADMQ_OK;
    const uint64_t begun = s_now (self);
    while (!gradmq_requester_look (self, reply, frames, &err, why)) {
        uint64_t now = s_now (self);
        if (now >= deadline_ms) {
            err = s_timeout (self, why);
            s_forget (self);
            return err;
        }
        if (now - begun >= 2 * LOOK_MS)
            s_tell (self);
        gradmq_requester_wait (self, deadline_ms);
    }
    return err;
}

static bool
s_asks_again (gradmq_command_t command, uint32_t code)
{
    return code == GRADMQ_ERR_BUSY
           || (code == GRADMQ_ERR_MEMORY && s_commands [s_row (command)].small);
}

gradmq_err_t
gradmq_requester_call (gradmq_requester_t *self, gradmq_request_t *request,
                       gradmq_buffer_t *payload, uint64_t deadline_ms, gradmq_reply_t *reply,
                       gradmq_frames_t *frames, gradmq_reason_t *why)
{
    gradmq_reason_t refused = {0};
    for (uint32_t busy = 1;; busy++) {
        memset (reply, 0, sizeof *reply);
        gradmq_err_t err = gradmq_requester_ask (self, request, payload, why);
        if (!err)
            err = s_await (self, deadline_ms, reply, frames, why);
        //  What was answered last says more than that the time is over.
        if (err == GRADMQ_ERR_TIMEOUT && refused.code)
            err = gradmq_refuse (why, refused.code, "%s", refused.text);
        //  That may be remembered as the answer to this request id: the next try is another request.
        self->tries = busy;
        uint64_t wait = s_backoff (self);
        if (err || !s_asks_again (request->command, reply->code)
            || s_now (self) + wait >= deadline_ms) {
            gradmq_session_go (self->session);
            return err ? err : gradmq_reply_error (reply, why);
        }
        gradmq_session_wait (self->session,
                             reply->code == GRADMQ_ERR_BUSY ? "%s is busy with others: asking again"
                                                            : "%s is out of memory: asking again",
                             self->session->control);
        (void) gradmq_reply_error (reply, &refused);
        gradmq_reply_clear (reply);
        zmq_poll (NULL, 0, (long) wait);
    }
}

gradmq_err_t
gradmq_reply_error (const gradmq_reply_t *reply, gradmq_reason_t *why)
{
    if (reply->code == 0)
        return GRADMQ_OK;
    gradmq_err_t code = gradmq_err_from_number (reply->code);
    return gradmq_refuse (why, code, "%s",
                          reply->message ? reply->message : gradmq_err_text (code));
}
