#include "coordinator/actor.h"

#include "coordinator/checkpoints.h"
#include "coordinator/control.h"
#include "coordinator/ingress.h"
#include "coordinator/journal.h"
#include "core/handover.h"
#include "core/log.h"

#include <poll.h>

enum {
    MESSAGES_A_ROUND = 512,
    REQUESTS_A_ROUND = 16,
    GRADIENTS_A_ROUND = 512,
    GOODBYE_MS = 100,
    ANSWERED_GOODBYE_MS = 500,
    CHECKPOINT_LOOK_MS = 20,
    REST_MS = 2000
};

//  What the actor reads from: pipe, control, gradients.
enum { SOURCES = 3 };

#define BYTES_A_ROUND (64ull << 20)

typedef struct {
    gradmq_shared_t *shared;
    gradmq_engine_t *engine;
    gradmq_publisher_t *publisher;
    gradmq_control_t *control;
    zsock_t *pipe;
    uint64_t beat_ms;  //  of the last heartbeat
    struct pollfd items [SOURCES];
    bool ready [SOURCES];  //  not known to be empty
    bool holds;            //  control and gradients are not watched
    bool renew;            //  updates and events have to be made anew
    bool terminated;
} gradmq_actor_t;

static void *
s_raw (zsock_t *socket)
{
    return socket ? zsock_resolve (socket) : NULL;
}

//  Let those who wait know how far things are.
static void
s_progress (gradmq_actor_t *self)
{
    gradmq_shared_t *shared = self->shared;
    uint64_t version = gradmq_model_version (self->engine->model);
    uint64_t queued = self->engine->queue.count;
    pthread_mutex_lock (&shared->mutex);
    bool moved = shared->version != version || shared->queued != queued;
    shared->version = version;
    shared->queued = queued;
    if (moved)
        pthread_cond_broadcast (&shared->moved);
    pthread_mutex_unlock (&shared->mutex);
}

//  Messages from those who share the process.
static void
s_pipe (gradmq_actor_t *self)
{
    zmsg_t *message = zmsg_recv (self->pipe);
    if (!message) {
        self->terminated = true;
        return;
    }
    zframe_t *frame = zmsg_first (message);
    gradmq_call_t *call;
    if (zframe_streq (frame, "$TERM"))
        self->terminated = true;
    else if (zframe_size (frame) == sizeof call) {
        memcpy (&call, zframe_data (frame), sizeof call);
        GRADMQ_TAKE_OVER (call);
        call->run (self->engine, call->arguments);
        gradmq_journal_commit (self->engine);
        s_progress (self);  //  the caller may wait for what it has just changed
        GRADMQ_HAND_OVER (call);
        zsock_signal (self->pipe, 0);
    }
    zmsg_destroy (&message);
}

//  A key that lost its place loses its subscriptions: those who publish part from everybody, and only
//  keys that are authorised can come back.
static void
s_look_at_keys (gradmq_actor_t *self)
{
    gradmq_shared_t *shared = self->shared;
    gradmq_reason_t why = {0};
    self->renew |= gradmq_guard_look (&shared->guard);
    if (!self->renew)
        return;
    self->renew = gradmq_sockets_renew (&shared->sockets, &why) != GRADMQ_OK;
    if (self->renew)
        gradmq_log (GRADMQ_LOG_ERROR, "updates and events are not published to all: %s", why.text);
    gradmq_publisher_move (self->publisher, self->engine, s_raw (shared->sockets.updates),
                           s_raw (shared->sockets.events));
}

static void
s_beat (gradmq_actor_t *self, uint64_t now, uint64_t idle_ms)
{
    if (now - self->beat_ms < self->engine->heartbeat_ms)
        return;
    self->beat_ms = now;
    if (now - atomic_load (&self->shared->read_ms) >= REST_MS)
        gradmq_model_rest (self->engine->model);
    gradmq_engine_expire (self->engine, now, idle_ms);
    s_look_at_keys (self);
    gradmq_publisher_heartbeat (self->publisher, self->engine);
    gradmq_publisher_acks (self->publisher, self->engine, true);
}

//  How long there is nothing to do but wait.
static long
s_wait_ms (const gradmq_actor_t *self, bool busy)
{
    if (busy)
        return 0;
    uint64_t since = gradmq_clock_ms (&self->shared->clock) - self->beat_ms;
    uint64_t beat = self->engine->heartbeat_ms;
    uint64_t wait = since >= beat ? 0 : beat - since;
    uint64_t left = gradmq_engine_time_left_ms (self->engine);
    if (left < wait)
        wait = left;
    if (self->engine->checkpoints.job && wait > CHECKPOINT_LOOK_MS)
        wait = CHECKPOINT_LOOK_MS;
    uint64_t due = gradmq_publisher_due_ms (self->publisher, self->engine);
    if (self->engine->report_steps && wait > GRADMQ_REPORT_MS)
        wait = GRADMQ_REPORT_MS;
    if (self->shared->sockets.updates && due < wait)
        wait = due;
    return (long) wait;
}

//  Whatever a round has to do after its input.
static bool
s_work (gradmq_actor_t *self)
{
    bool more = gradmq_engine_run (self->engine, GRADIENTS_A_ROUND);
    gradmq_checkpoints_look (self->engine);
    gradmq_journal_commit (self->engine);
    gradmq_publisher_update (self->publisher, self->engine, false);
    gradmq_publisher_acks (self->publisher, self->engine, false);
    gradmq_publisher_report (self->publisher, self->engine);
    s_progress (self);
    return more;
}

//  True when there is something to read. Asking costs system calls, so it is asked only where a
//  descriptor said that something came, or reading stopped before the end.
static bool
s_readable (void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size) == 0 && events & ZMQ_POLLIN;
}

//  What is read, in the order of gradmq_actor_t's `items` and `ready`.
enum { FROM_PIPE, FROM_CONTROL, FROM_GRADIENTS };

//  Read what there is, each socket until it is empty or its share of the round is used up. A ZeroMQ
//  descriptor tells of what is new only: a socket stays ready until a read said that it is empty.
//    returns true when gradients or parameters came
static bool
s_read (gradmq_actor_t *self)
{
    gradmq_sockets_t *sockets = &self->shared->sockets;
    uint64_t loaded = 0;
    size_t read = 0;
    while (self->ready [FROM_PIPE] && !self->terminated) {
        self->ready [FROM_PIPE] = s_readable (s_raw (self->pipe));
        if (self->ready [FROM_PIPE])
            s_pipe (self);
    }
    if (self->ready [FROM_CONTROL]) {
        loaded = gradmq_control_answer (self->control, REQUESTS_A_ROUND);
        self->ready [FROM_CONTROL] = s_readable (s_raw (sockets->control));
    }
    if (self->ready [FROM_GRADIENTS])
        read = gradmq_ingress_read (self->engine, s_raw (sockets->gradients), MESSAGES_A_ROUND,
                                    BYTES_A_ROUND, &self->ready [FROM_GRADIENTS]);
    return read || loaded;
}

static void
s_watch (gradmq_actor_t *self, size_t from, zsock_t *socket)
{
    self->ready [from] = socket != NULL;
    self->items [from] = (struct pollfd){.fd = socket ? zsock_fd (socket) : -1, .events = POLLIN};
}

//  Wait until something comes, or there is something to do.
//    returns the time beyond what was asked for, in which nothing could be read
static uint64_t
s_await (gradmq_actor_t *self, bool busy, uint64_t *last)
{
    for (size_t i = 0; i < SOURCES; i++)
        busy |= self->ready [i];
    long wait = s_wait_ms (self, busy);
    int changed = poll (self->items, SOURCES, (int) wait);
    for (size_t i = 0; changed > 0 && i < SOURCES; i++)
        self->ready [i] |= self->items [i].revents != 0;
    uint64_t now = gradmq_clock_ms (&self->shared->clock);
    uint64_t beyond = now - *last > (uint64_t) wait ? now - *last - (uint64_t) wait : 0;
    *last = now;
    atomic_store (&self->shared->round_ms, now);
    return beyond;
}

//  The sockets of those outside, or none of them while they are not to be heard.
static void
s_watch_sockets (gradmq_actor_t *self)
{
    const gradmq_sockets_t *sockets = &self->shared->sockets;
    self->holds = self->engine->holds;
    s_watch (self, FROM_CONTROL, self->holds ? NULL : sockets->control);
    s_watch (self, FROM_GRADIENTS, self->holds ? NULL : sockets->gradients);
}

static void
s_go_round (gradmq_actor_t *self)
{
    s_watch (self, FROM_PIPE, self->pipe);
    s_watch_sockets (self);
    bool busy = false;
    uint64_t now = gradmq_clock_ms (&self->shared->clock);
    while (!self->terminated) {
        if (self->holds != self->engine->holds)
            s_watch_sockets (self);
        uint64_t idle = s_await (self, busy, &now);
        if (s_read (self))
            atomic_store (&self->shared->read_ms, now);
        busy = s_work (self);
        s_beat (self, now, idle);
        if (self->engine->state == GRADMQ_STATE_CLOSING)
            atomic_store (&self->shared->closing, true);
    }
}

//  Tell subscribers, and let them read it, and whoever asked for the end his answer: a SUB socket, and
//  any with ZMQ_IMMEDIATE, throws away what it has not read when its connection ends. What was missed
//  of the one is found out by other ways; the answer to Destroy is not, so that it has longer.
static void
s_say_goodbye (gradmq_actor_t *self)
{
    const bool answered = self->engine->state == GRADMQ_STATE_CLOSING;
    gradmq_engine_close (self->engine);
    gradmq_checkpoints_end (self->engine);
    if (self->shared->sockets.events)
        zclock_sleep (answered ? ANSWERED_GOODBYE_MS : GOODBYE_MS);
}

static bool
s_open (gradmq_actor_t *self)
{
    gradmq_sockets_t *sockets = &self->shared->sockets;
    self->publisher = gradmq_publisher_new (s_raw (sockets->updates), s_raw (sockets->events),
                                            self->shared->fixed_hwm);
    if (!self->publisher)
        return false;
    self->engine->publisher = self->publisher;
    //  A model that was resumed was there before the publisher.
    if (gradmq_model_loaded (self->engine->model))
        gradmq_publisher_changed (self->publisher, self->engine);
    if (sockets->control)
        self->control = gradmq_control_new (s_raw (sockets->control), self->engine, self->publisher,
                                            &sockets->endpoints);
    return !sockets->control || self->control;
}

void
gradmq_actor (zsock_t *pipe, void *args)
{
    gradmq_shared_t *shared = args;
    gradmq_actor_t self = {.shared = shared, .engine = shared->engine, .pipe = pipe};
    bool opened = s_open (&self);
    if (!opened)
        atomic_store (&shared->closing, true);  //  what open () looks for after the signal
    zsock_signal (pipe, 0);
    if (opened)
        s_go_round (&self);
    else {
        //  Nothing can be done but wait for the end.
        char *term = zstr_recv (pipe);
        zstr_free (&term);
    }
    if (opened)
        s_say_goodbye (&self);
    gradmq_control_destroy (&self.control);
    gradmq_sockets_shut (&shared->sockets);
    gradmq_publisher_destroy (&self.publisher);
    GRADMQ_HAND_OVER (shared);
}
