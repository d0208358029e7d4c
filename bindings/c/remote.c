#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  ------------------------------------------------------------------------------------------------
//  Calling

static void
s_forget_reply (gradmq_remote_t *self)
{
    gradmq_reply_clear (&self->reply);
    memset (&self->reply, 0, sizeof self->reply);
    gradmq_buffer_release (&self->payload);
}

//  The payload in one piece.
static gradmq_err_t
s_join_payload (gradmq_remote_t *self, gradmq_reason_t *why)
{
    if (self->frames.count < 2)
        return GRADMQ_OK;
    self->payload =
        gradmq_buffers_take (self->session.buffers, gradmq_frames_bytes (&self->frames, 1));
    if (self->payload == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory for the answer");
    gradmq_frames_copy (&self->frames, 1, gradmq_buffer_data (self->payload));
    gradmq_frames_clear (&self->frames);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_remote_ask (gradmq_remote_t *self, gradmq_request_t *request, gradmq_buffer_t *payload,
                   uint32_t timeout_ms, const gradmq_reply_t **reply, gradmq_reason_t *why)
{
    const gradmq_session_t *session = &self->session;
    s_forget_reply (self);
    if (reply)
        *reply = NULL;
    if (request->model == NULL && session->model [0])
        request->model = session->model;
    const uint64_t deadline_ms = gradmq_session_ms (session) + timeout_ms;
    gradmq_err_t err = gradmq_requester_call (&self->requester, request, payload, deadline_ms,
                                              &self->reply, &self->frames, why);
    if (self->reply.position.instance)
        self->position = self->reply.position;
    bool answered = self->reply.request_id != 0;
    if (!err)
        err = s_join_payload (self, why);
    if (reply && answered)
        *reply = &self->reply;
    return err;
}

gradmq_err_t
gradmq_remote_expect (gradmq_remote_t *self, gradmq_request_t *request, gradmq_buffer_t *payload,
                      gradmq_answer_t answer, gradmq_reason_t *why)
{
    gradmq_err_t err =
        gradmq_remote_ask (self, request, payload, self->session.timeout_ms, NULL, why);
    if (!err && self->reply.answer != answer)
        err = gradmq_refuse (why, GRADMQ_ERR_MALFORMED,
                             "the answer of %s is of kind %d where %d was expected",
                             self->session.control, (int) self->reply.answer, (int) answer);
    return err;
}

gradmq_err_t
gradmq_remote_call (gradmq_remote_t *self, gradmq_request_t *request, const void *payload,
                    uint64_t bytes, const gradmq_reply_t **reply, gradmq_reason_t *why)
{
    gradmq_buffer_t *buffer = NULL;
    if (payload) {
        buffer = gradmq_buffers_take (self->session.buffers, bytes);
        if (buffer == NULL || !gradmq_buffer_cut (buffer, bytes, sizeof (double))) {
            gradmq_buffer_release (&buffer);
            return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory for the request");
        }
        memcpy (gradmq_buffer_data (buffer), payload, (size_t) bytes);
    }
    gradmq_err_t err =
        gradmq_remote_ask (self, request, buffer, self->session.timeout_ms, reply, why);
    gradmq_buffer_release (&buffer);
    return err;
}

const void *
gradmq_remote_payload (gradmq_remote_t *self, uint64_t *bytes)
{
    *bytes = self->payload ? gradmq_buffer_bytes (self->payload) : 0;
    return self->payload ? gradmq_buffer_data (self->payload) : NULL;
}

void
gradmq_remote_set_timeout (gradmq_remote_t *self, uint32_t timeout_ms)
{
    self->session.timeout_ms = timeout_ms ? timeout_ms : 30000;
}

//  ------------------------------------------------------------------------------------------------
//  Open and close

static gradmq_err_t
s_open (gradmq_remote_t *self, gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    gradmq_err_t err = gradmq_requester_open (&self->requester, session, why);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    if (!err)
        err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_DESCRIPTION, why);
    if (err || session->model [0])
        return err;
    if (self->reply.model == NULL || self->reply.model [0] == 0)
        return gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s does not name its model",
                              session->control);
    snprintf (session->model, sizeof session->model, "%s", self->reply.model);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_remote_open (gradmq_remote_t **self_p, const gradmq_options_t *options, gradmq_reason_t *why)
{
    *self_p = NULL;
    gradmq_remote_t *self = (gradmq_remote_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = gradmq_session_open (&self->session, options, NULL, why);
    if (err) {
        free (self);
        return err;
    }
    err = s_open (self, why);
    if (err)
        gradmq_remote_close (&self);
    *self_p = self;
    return err;
}

void
gradmq_remote_close (gradmq_remote_t **self_p)
{
    if (self_p == NULL || *self_p == NULL)
        return;
    gradmq_remote_t *self = *self_p;
    *self_p = NULL;
    s_forget_reply (self);
    gradmq_requester_close (&self->requester);
    gradmq_frames_free (&self->frames);
    gradmq_known_free (&self->known);
    free (self->groups);
    gradmq_jsontext_free (&self->document);
    gradmq_session_close (&self->session);
    free (self);
}

const char *
gradmq_remote_model (const gradmq_remote_t *self)
{
    return self->session.model;
}

void
gradmq_remote_position (const gradmq_remote_t *self, uint64_t *instance, uint64_t *epoch,
                        uint64_t *version)
{
    if (instance)
        *instance = self->position.instance;
    if (epoch)
        *epoch = self->position.epoch;
    if (version)
        *version = self->position.version;
}

//  ------------------------------------------------------------------------------------------------
//  Plain commands

static gradmq_err_t
s_plain (gradmq_remote_t *self, gradmq_command_t command, gradmq_answer_t answer,
         gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = command};
    return gradmq_remote_expect (self, &request, NULL, answer, why);
}

gradmq_err_t
gradmq_remote_start (gradmq_remote_t *self, gradmq_reason_t *why)
{
    return s_plain (self, GRADMQ_COMMAND_START, GRADMQ_ANSWER_STATE, why);
}

gradmq_err_t
gradmq_remote_stop (gradmq_remote_t *self, gradmq_reason_t *why)
{
    return s_plain (self, GRADMQ_COMMAND_STOP, GRADMQ_ANSWER_STATE, why);
}

gradmq_err_t
gradmq_remote_destroy (gradmq_remote_t *self, gradmq_reason_t *why)
{
    return s_plain (self, GRADMQ_COMMAND_DESTROY, GRADMQ_ANSWER_STATE, why);
}

gradmq_err_t
gradmq_remote_clear_gradients (gradmq_remote_t *self, bool new_epoch, uint64_t *cleared,
                               gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_CLEAR_GRADIENTS, .new_epoch = new_epoch};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_CLEARED, why);
    if (cleared)
        *cleared = err ? 0 : self->reply.cleared;
    return err;
}
