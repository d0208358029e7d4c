#include "remote.h"

#include "core/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_watch {
    gradmq_session_t session;
    gradmq_requester_t requester;
    void *events, *updates;
    gradmq_frames_t frames;
    char topic [4 * GRADMQ_NAME_BYTES_MAX];
    gradmq_event_t event;
    gradmq_update_t update;
    bool has_event, has_update;
};

//  One row a kind of thing to watch. `named`: the topic ends with the name that was given.
static const struct {
    unsigned what;
    bool updates, named;
    const char *format;
} s_topics [] = {
    {GRADMQ_WATCH_EVENTS, false, false, "event/%s/all/"},
    {GRADMQ_WATCH_ANNOUNCEMENTS, false, false, "announce/%s/"},
    {GRADMQ_WATCH_MALFORMED, false, false, "malformed/%s/"},
    {GRADMQ_WATCH_WORKER, false, true, "ack/%s/%s/"},
    {GRADMQ_WATCH_WORKER, false, true, "event/%s/w/%s/"},
    {GRADMQ_WATCH_WORKERS, false, false, "ack/%s/"},
    {GRADMQ_WATCH_WORKERS, false, false, "event/%s/w/"},
    {GRADMQ_WATCH_UPDATES, true, true, "params/%s/%s/"},
};
#define TOPICS (sizeof s_topics / sizeof s_topics [0])

static void
s_forget (gradmq_watch_t *self)
{
    if (self->has_event)
        gradmq_event_clear (&self->event);
    if (self->has_update)
        gradmq_update_clear (&self->update);
    self->has_event = false;
    self->has_update = false;
}

void
gradmq_watch_close (gradmq_watch_t **self_p)
{
    if (self_p == NULL || *self_p == NULL)
        return;
    gradmq_watch_t *self = *self_p;
    *self_p = NULL;
    s_forget (self);
    gradmq_frames_free (&self->frames);
    gradmq_requester_close (&self->requester);
    gradmq_socket_close (&self->events);
    gradmq_socket_close (&self->updates);
    gradmq_session_close (&self->session);
    free (self);
}

static void
s_subscribe (gradmq_watch_t *self, unsigned what, const char *name)
{
    for (size_t i = 0; i < TOPICS; i++) {
        void *socket = s_topics [i].updates ? self->updates : self->events;
        if ((s_topics [i].what & what) == 0 || socket == NULL)
            continue;
        const char *model = self->session.model;
        char topic [4 * GRADMQ_NAME_BYTES_MAX];
        int length = s_topics [i].named
                         ? snprintf (topic, sizeof topic, s_topics [i].format, model, name)
                         : snprintf (topic, sizeof topic, s_topics [i].format, model);
        zmq_setsockopt (socket, ZMQ_SUBSCRIBE, topic, (size_t) length);
    }
}

static gradmq_err_t
s_connect (gradmq_watch_t *self, void **socket, const gradmq_texts_t *named, const char *what,
           gradmq_reason_t *why)
{
    char endpoint [GRADMQ_ENDPOINT_BYTES];
    gradmq_err_t err = gradmq_session_socket (&self->session, ZMQ_SUB, socket, why);
    if (!err)
        err = gradmq_endpoint_choose (endpoint, named, self->session.control, what, why);
    return err ? err : gradmq_session_connect (*socket, endpoint, why);
}

static gradmq_err_t
s_open (gradmq_watch_t *self, unsigned what, const char *name, uint64_t deadline_ms,
        gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE, .model = self->session.model};
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_requester_open (&self->requester, &self->session, why);
    if (err)
        return err;
    err = gradmq_requester_call (&self->requester, &request, NULL, deadline_ms, &reply,
                                 &self->frames, why);
    if (!err && reply.answer != GRADMQ_ANSWER_DESCRIPTION)
        err = gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s does not describe itself",
                             self->session.control);
    if (!err && (what & ~GRADMQ_WATCH_UPDATES))
        err = s_connect (self, &self->events, &reply.description.events, "events", why);
    if (!err && (what & GRADMQ_WATCH_UPDATES)) {
        err = s_connect (self, &self->updates, &reply.description.updates, "updates", why);
        const gradmq_dtype_t *dtype = gradmq_dtype (
            reply.description.layout_dtype ? reply.description.layout_dtype : GRADMQ_F32);
        if (name == NULL)
            name = dtype ? dtype->stream : "f32";
        snprintf (self->session.stream, sizeof self->session.stream, "%s", name);
    }
    gradmq_reply_clear (&reply);
    if (!err)
        s_subscribe (self, what, name);
    return err;
}

//  Wait for something on either socket.
static void
s_poll (gradmq_watch_t *self, uint64_t wait_ms)
{
    zmq_pollitem_t items [2];
    int count = 0;
    if (self->events)
        items [count++] = (zmq_pollitem_t){.socket = self->events, .events = ZMQ_POLLIN};
    if (self->updates)
        items [count++] = (zmq_pollitem_t){.socket = self->updates, .events = ZMQ_POLLIN};
    zmq_poll (items, count, (long) wait_ms);
}

//  Was the mark seen on this socket? What came in front of it is dropped.
static bool
s_marked (gradmq_watch_t *self, void *socket, const char *topic, bool before)
{
    if (socket == NULL)
        return true;
    while (!before && gradmq_frames_receive (&self->frames, socket))
        before = self->frames.count == 2 && gradmq_frames_size (&self->frames, 0) == strlen (topic)
                 && memcmp (gradmq_frames_data (&self->frames, 0), topic, strlen (topic)) == 0;
    return before;
}

//  Subscriptions hold once the mark of a Sync was seen on both sockets.
static gradmq_err_t
s_sync (gradmq_watch_t *self, uint64_t deadline_ms, gradmq_reason_t *why)
{
    char topic [32];
    uint64_t nonce = gradmq_random_u64 ();
    int length = snprintf (topic, sizeof topic, "sync/%016" PRIx64 "/", nonce);
    if (self->events)
        zmq_setsockopt (self->events, ZMQ_SUBSCRIBE, topic, (size_t) length);
    if (self->updates)
        zmq_setsockopt (self->updates, ZMQ_SUBSCRIBE, topic, (size_t) length);
    bool events = false;
    bool updates = false;
    while (!events || !updates) {
        gradmq_request_t request = {
            .command = GRADMQ_COMMAND_SYNC, .model = self->session.model, .nonce = nonce};
        gradmq_reply_t reply;
        gradmq_err_t err = gradmq_requester_call (&self->requester, &request, NULL, deadline_ms,
                                                  &reply, &self->frames, why);
        gradmq_reply_clear (&reply);
        if (err)
            return err;
        uint64_t until = gradmq_session_ms (&self->session) + self->session.pace.sync_retry_ms;
        uint64_t now;
        while ((now = gradmq_session_ms (&self->session)) < until && (!events || !updates)) {
            s_poll (self, until - now);
            events = s_marked (self, self->events, topic, events);
            updates = s_marked (self, self->updates, topic, updates);
        }
        if (now >= deadline_ms && (!events || !updates))
            return gradmq_refuse (why, GRADMQ_ERR_TIMEOUT,
                                  "nothing of what %s publishes arrives here", self->session.model);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_watch_open (gradmq_watch_t **self_p, gradmq_remote_t *remote, unsigned what,
                   const char *name, gradmq_reason_t *why)
{
    *self_p = NULL;
    const gradmq_session_t *from = &remote->session;
    if (what == 0 || ((what & GRADMQ_WATCH_WORKER) && name == NULL))
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "say what to watch, and of a worker its name");
    gradmq_watch_t *self = (gradmq_watch_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    const gradmq_options_t options = {.control = from->control,
                                      .model = from->model,
                                      .name = from->name,
                                      .timeout_ms = from->timeout_ms,
                                      .request_ms = from->request_ms,
                                      .linger_ms = from->linger_ms,
                                      .on_wait = from->on_wait,
                                      .context = from->on_wait_context,
                                      .zmq_context = from->zmq_owned ? NULL : from->zmq};
    gradmq_err_t err = gradmq_session_open (&self->session, &options, NULL, why);
    if (err) {
        free (self);
        return err;
    }
    self->session.keys = from->keys;
    const uint64_t deadline_ms = gradmq_session_ms (&self->session) + self->session.timeout_ms;
    err = s_open (self, what, name, deadline_ms, why);
    if (!err)
        err = s_sync (self, deadline_ms, why);
    if (err)
        gradmq_watch_close (&self);
    *self_p = self;
    return err;
}

//  The message that was received, decoded; false where it cannot be, or is a SyncMark.
static bool
s_take (gradmq_watch_t *self, bool updates, gradmq_watched_t *watched)
{
    gradmq_frames_t *frames = &self->frames;
    if (frames->count < 2)
        return false;
    const char *topic = (const char *) gradmq_frames_data (frames, 0);
    size_t size = gradmq_frames_size (frames, 0);
    if (size >= sizeof self->topic || (size >= 5 && memcmp (topic, "sync/", 5) == 0))
        return false;
    memcpy (self->topic, topic, size);
    self->topic [size] = 0;
    const void *header = gradmq_frames_data (frames, 1);
    if (updates)
        self->has_update = !gradmq_wire_decode_update (&self->update, header,
                                                       gradmq_frames_size (frames, 1), NULL);
    else
        self->has_event =
            !gradmq_wire_decode_event (&self->event, header, gradmq_frames_size (frames, 1), NULL);
    *watched = (gradmq_watched_t){.topic = self->topic,
                                  .event = self->has_event ? &self->event : NULL,
                                  .update = self->has_update ? &self->update : NULL,
                                  .payload_bytes = gradmq_frames_bytes (frames, 2)};
    return self->has_event || self->has_update;
}

gradmq_err_t
gradmq_watch_next (gradmq_watch_t *self, uint32_t timeout_ms, gradmq_watched_t *watched,
                   gradmq_reason_t *why)
{
    const uint64_t deadline_ms = gradmq_session_ms (&self->session) + timeout_ms;
    s_forget (self);
    for (;;) {
        while (self->events && gradmq_frames_receive (&self->frames, self->events))
            if (s_take (self, false, watched))
                return GRADMQ_OK;
        while (self->updates && gradmq_frames_receive (&self->frames, self->updates))
            if (s_take (self, true, watched))
                return GRADMQ_OK;
        uint64_t now = gradmq_session_ms (&self->session);
        if (now >= deadline_ms)
            return gradmq_refuse (why, GRADMQ_ERR_TIMEOUT, "%s published nothing in %u ms",
                                  self->session.model, timeout_ms);
        s_poll (self, deadline_ms - now);
    }
}
