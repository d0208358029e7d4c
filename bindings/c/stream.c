#include "arrival.h"
#include "worker.h"

#include "core/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SYNC_TOPIC_BYTES 32
//  After a Get that brought nothing newer the next one waits this long.
#define GET_AGAIN_MS 100u

//  ------------------------------------------------------------------------------------------------
//  Taking parameters over

static gradmq_err_t
s_describe (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE, .model = self->session.model};
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, &reply,
                                              &self->frames, why);
    gradmq_worker_position (self, &reply.position);
    if (!err && reply.answer == GRADMQ_ANSWER_DESCRIPTION)
        err = gradmq_worker_described (self, &reply.description, why);
    gradmq_reply_clear (&reply);
    return err;
}

//  What the frames hold, decoded into the buffer that views show.
static bool
s_decode (gradmq_worker_t *self, const gradmq_arrival_t *arrival, gradmq_frames_t *frames,
          size_t first)
{
    gradmq_buffer_t *arrived =
        gradmq_buffers_take (self->session.buffers, gradmq_frames_bytes (frames, first));
    if (arrived == NULL)
        return false;
    gradmq_frames_copy (frames, first, gradmq_buffer_data (arrived));
    gradmq_arrival_decode (arrival, self->known.layout, gradmq_buffer_data (arrived),
                           gradmq_buffer_data (self->stream.buffer));
    gradmq_buffer_release (&arrived);
    return true;
}

//  Copy frames `first` and later into the buffer that views show.
static gradmq_err_t
s_take (gradmq_worker_t *self, const gradmq_described_t *described, gradmq_frames_t *frames,
        size_t first, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    gradmq_arrival_t arrival;
    gradmq_err_t err =
        gradmq_arrival_look (&arrival, self->known.layout, described->dtype, described->encoding,
                             gradmq_frames_bytes (frames, first), why);
    if (err)
        return err;
    if (stream->buffer == NULL || gradmq_buffer_bytes (stream->buffer) != arrival.bytes) {
        gradmq_buffer_release (&stream->buffer);
        stream->buffer = gradmq_buffers_take (self->session.buffers, arrival.bytes);
    }
    if (stream->buffer == NULL || (arrival.decoded && !s_decode (self, &arrival, frames, first)))
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    if (!arrival.decoded)
        gradmq_frames_copy (frames, first, gradmq_buffer_data (stream->buffer));
    stream->dtype = arrival.dtype;
    stream->epoch = described->epoch;
    stream->version = described->version;
    stream->behind_ms = 0;
    return GRADMQ_OK;
}

//  The same once the layout is that of the parameters.
static gradmq_err_t
s_take_described (gradmq_worker_t *self, const gradmq_described_t *described,
                  gradmq_frames_t *frames, size_t first, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_err_t err = GRADMQ_OK;
    if (described->layout_id != gradmq_layout_id (self->known.layout)) {
        //  Describing uses the worker's own frames, which may be these.
        gradmq_frames_t kept = {0};
        gradmq_frames_swap (&kept, frames);
        err = s_describe (self, deadline_ms, why);
        gradmq_frames_swap (&kept, frames);
        gradmq_frames_free (&kept);
    }
    if (!err && described->layout_id != gradmq_layout_id (self->known.layout))
        err = gradmq_refuse (why, GRADMQ_ERR_LAYOUT, "the model is being replaced; ask again");
    return err ? err : s_take (self, described, frames, first, why);
}

static gradmq_err_t
s_take_pending (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    if (!stream->pending)
        return GRADMQ_OK;
    stream->pending = false;
    gradmq_err_t err = GRADMQ_OK;
    if (stream->buffer == NULL
        || gradmq_newer (stream->update.epoch, stream->update.version, stream->epoch,
                         stream->version))
        err = s_take_described (self, &stream->update, &stream->newest, 2, deadline_ms, why);
    gradmq_frames_clear (&stream->newest);
    return err;
}

static gradmq_err_t
s_get (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS,
                                .model = self->session.model,
                                .stream = self->session.stream [0] ? self->session.stream : NULL,
                                .has_newer_than = stream->buffer != NULL,
                                .newer_epoch = stream->epoch,
                                .newer_version = stream->version};
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, &reply,
                                              &self->frames, why);
    gradmq_worker_position (self, &reply.position);
    stream->get_after_ms = gradmq_worker_ms (self) + GET_AGAIN_MS;
    stream->behind_ms = 0;
    if (err || reply.answer != GRADMQ_ANSWER_MODEL_PARAMETERS || reply.model_parameters.unchanged) {
        gradmq_reply_clear (&reply);
        return err;
    }
    gradmq_described_t described = {.epoch = reply.position.epoch,
                                    .version = reply.position.version,
                                    .layout_id = reply.model_parameters.layout_id,
                                    .dtype = reply.model_parameters.dtype,
                                    .encoding = reply.model_parameters.encoding};
    gradmq_reply_clear (&reply);
    return s_take_described (self, &described, &self->frames, 1, deadline_ms, why);
}

//  ------------------------------------------------------------------------------------------------
//  Joining the stream

static bool
s_marked (const gradmq_worker_t *self)
{
    return self->stream.marked_events && (self->updates == NULL || self->stream.marked_updates);
}

static gradmq_err_t
s_sync_once (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_SYNC, .model = self->session.model, .nonce = self->stream.nonce};
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_requester_call (&self->control, &request, NULL, deadline_ms, &reply,
                                              &self->frames, why);
    gradmq_worker_position (self, &reply.position);
    gradmq_reply_clear (&reply);
    if (err)
        return err;
    uint64_t until = gradmq_worker_ms (self) + self->session.pace.sync_retry_ms;
    until = until < deadline_ms ? until : deadline_ms;
    do {
        gradmq_worker_progress (self);
        gradmq_stream_read (self);
        if (s_marked (self))
            return GRADMQ_OK;
        gradmq_worker_doze (self, until);
    } while (gradmq_worker_ms (self) < until);
    return GRADMQ_OK;
}

static void
s_subscribe_sync (gradmq_worker_t *self, int option)
{
    char topic [SYNC_TOPIC_BYTES];
    int length = snprintf (topic, sizeof topic, "sync/%016" PRIx64 "/", self->stream.nonce);
    zmq_setsockopt (self->events, option, topic, (size_t) length);
    if (self->updates)
        zmq_setsockopt (self->updates, option, topic, (size_t) length);
}

gradmq_err_t
gradmq_stream_sync (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    stream->nonce = gradmq_random_u64 ();
    stream->marked_events = false;
    stream->marked_updates = false;
    s_subscribe_sync (self, ZMQ_SUBSCRIBE);
    gradmq_err_t err = GRADMQ_OK;
    while (!err && !s_marked (self)) {
        if (gradmq_worker_ms (self) >= deadline_ms)
            err = gradmq_refuse (why, GRADMQ_ERR_TIMEOUT,
                                 "nothing of what %s publishes arrives on %s: is that endpoint "
                                 "reachable from here?",
                                 self->session.model,
                                 stream->marked_events ? self->endpoints.updates
                                                       : self->endpoints.events);
        else
            err = s_sync_once (self, deadline_ms, why);
    }
    s_subscribe_sync (self, ZMQ_UNSUBSCRIBE);
    stream->nonce = 0;
    gradmq_session_go (&self->session);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  What callers ask for

//  Rule U-5: something newer has been known of for longer than a heartbeat and a random wait.
static bool
s_behind (gradmq_worker_t *self)
{
    gradmq_stream_t *stream = &self->stream;
    uint64_t epoch = stream->pending ? stream->update.epoch : stream->epoch;
    uint64_t version = stream->pending ? stream->update.version : stream->version;
    if (stream->buffer == NULL || !gradmq_newer (self->epoch, self->version, epoch, version)) {
        stream->behind_ms = 0;
        return false;
    }
    uint64_t now = gradmq_worker_ms (self);
    if (self->updates == NULL)
        return now >= stream->get_after_ms;
    if (stream->behind_ms == 0)
        stream->behind_ms = now + self->hearsay.heartbeat_ms
                            + gradmq_random_below (self->session.pace.resync_jitter_ms + 1);
    return now >= stream->behind_ms;
}

//  True when what is held is newer than what was given. Epochs of two instances have no order.
static bool
s_news (const gradmq_stream_t *stream)
{
    if (stream->foreign && stream->epoch != stream->given_epoch)
        return !stream->join;
    return gradmq_newer (stream->epoch, stream->version, stream->given_epoch,
                         stream->given_version);
}

//  Rule O-7: the round that was answered is over, and its version is the newest. There is none to wait for.
static bool
s_passed (const gradmq_worker_t *self)
{
    const gradmq_stream_t *stream = &self->stream;
    return self->rounds.over
           && !gradmq_newer (self->epoch, self->version, stream->given_epoch,
                             stream->given_version);
}

static bool
s_next_ready (gradmq_worker_t *self, const void *argument)
{
    (void) argument;
    const gradmq_stream_t *stream = &self->stream;
    return stream->pending || stream->join || s_behind (self) || s_news (stream) || s_passed (self);
}

static void
s_next_say (gradmq_worker_t *self, const void *argument, char *text, size_t size)
{
    (void) argument;
    snprintf (text, size, "a version newer than %" PRIu64, self->stream.given_version);
}

//  The stream is joined, and something is held.
static gradmq_err_t
s_hold (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    while (stream->join || stream->buffer == NULL) {
        gradmq_err_t err = GRADMQ_OK;
        const bool joining = stream->join;
        stream->join = false;  //  another instance meanwhile asks for it again
        if (joining && self->updates) {
            stream->published = false;
            err = gradmq_stream_sync (self, deadline_ms, why);
        }
        if (!err)
            err = s_get (self, deadline_ms, why);
        if (err) {
            stream->join |= joining;  //  what is held may be another instance's
            return err;
        }
        if (stream->buffer == NULL && gradmq_worker_ms (self) >= deadline_ms)
            return gradmq_refuse (why, GRADMQ_ERR_TIMEOUT, "no parameters came in time");
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_next (gradmq_worker_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    static const gradmq_wait_t wait = {.ready = s_next_ready, .say = s_next_say};
    gradmq_stream_t *stream = &self->stream;
    while (stream->given && !s_news (stream) && !s_passed (self)) {
        gradmq_err_t err = gradmq_worker_wait (self, &wait, deadline_ms, why);
        if (!err && stream->join)
            err = s_hold (self, deadline_ms, why);
        if (!err)
            err = s_take_pending (self, deadline_ms, why);
        if (!err && s_behind (self))
            err = s_get (self, deadline_ms, why);
        if (err)
            return err;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_worker_parameters (gradmq_worker_t *self, gradmq_which_t which,
                          gradmq_parameters_view_t *view, gradmq_reason_t *why)
{
    gradmq_stream_t *stream = &self->stream;
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    gradmq_worker_progress (self);
    gradmq_stream_read (self);
    if (self->fenced)
        return gradmq_worker_able (self, why);
    const bool held = stream->buffer != NULL && !stream->join;  //  else what is held is just got
    gradmq_err_t err = s_hold (self, deadline_ms, why);
    if (!err)
        err = s_take_pending (self, deadline_ms, why);
    bool get = which == GRADMQ_FETCH || s_behind (self)
               || (which == GRADMQ_NEWEST && self->updates == NULL);
    if (!err && get && held)
        err = s_get (self, deadline_ms, why);
    if (!err && which == GRADMQ_NEXT)
        err = s_next (self, deadline_ms, why);
    if (err)
        return err;
    stream->given = true;
    stream->foreign = stream->foreign && stream->join;
    stream->given_epoch = stream->epoch;
    stream->given_version = stream->version;
    gradmq_rounds_take (&self->rounds, stream->epoch, stream->version);
    *view = (gradmq_parameters_view_t){.data = gradmq_buffer_data (stream->buffer),
                                       .bytes = gradmq_buffer_bytes (stream->buffer),
                                       .dtype = stream->dtype->code,
                                       .epoch = stream->epoch,
                                       .version = stream->version};
    return GRADMQ_OK;
}
