#include "lease.h"

#include "request.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_LEAST_MS 30u

struct gradmq_lease {
    gradmq_session_t *session;
    uint64_t incarnation;
    gradmq_requester_t requester;
    void *stop;     //  the owner's end of a pair
    void *stopped;  //  the thread's
    pthread_t thread;
    //  Shared by the two threads.
    atomic_uint_fast64_t low_water;
    atomic_uint_fast64_t lease_ms;
    atomic_uint_fast64_t instance;
    atomic_bool fenced;
};

//  Wait, at most so long, for an answer or for the owner. True: stop.
static bool
s_wait (gradmq_lease_t *self, uint64_t wait_ms)
{
    zmq_pollitem_t items [] = {{.socket = self->stopped, .events = ZMQ_POLLIN},
                               {.socket = self->requester.socket, .events = ZMQ_POLLIN}};
    zmq_poll (items, self->requester.asking ? 2 : 1, (long) wait_ms);
    return (items [0].revents & ZMQ_POLLIN) != 0;
}

static void
s_take (gradmq_lease_t *self, const gradmq_reply_t *reply)
{
    if (reply->code == GRADMQ_ERR_FENCED)
        atomic_store (&self->fenced, true);
    if (reply->position.instance)
        atomic_store (&self->instance, reply->position.instance);
    if (!reply->code && reply->answer == GRADMQ_ANSWER_JOINED && reply->joined.lease_ms)
        atomic_store (&self->lease_ms, reply->joined.lease_ms);
}

//  The owner stops, and a renewal is on its way: whoever leaves before it was answered may be made a
//  member again by it. The owner told until when there is time for that.
static void
s_await_last (gradmq_lease_t *self, gradmq_frames_t *frames)
{
    uint64_t deadline_ms = 0;
    zmq_recv (self->stopped, &deadline_ms, sizeof deadline_ms, ZMQ_DONTWAIT);
    gradmq_reply_t reply = {0};
    gradmq_err_t err;
    while (self->requester.sent
           && !gradmq_requester_look (&self->requester, &reply, frames, &err, NULL)
           && gradmq_session_ms (self->session) < deadline_ms)
        gradmq_requester_wait (&self->requester, deadline_ms);
    gradmq_reply_clear (&reply);
}

//  Ask once, until there is an answer. True: stop.
static bool
s_renew (gradmq_lease_t *self, gradmq_frames_t *frames)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_JOIN,
                                .model = self->session->model,
                                .worker = self->session->name,
                                .incarnation = self->incarnation,
                                .low_water = atomic_load (&self->low_water)};
    if (gradmq_requester_ask (&self->requester, &request, NULL, NULL))
        return false;
    gradmq_reply_t reply;
    gradmq_err_t err;
    while (!gradmq_requester_look (&self->requester, &reply, frames, &err, NULL))
        if (s_wait (self, gradmq_requester_wait_ms (&self->requester))) {
            s_await_last (self, frames);
            return true;
        }
    if (!err) {
        s_take (self, &reply);
        gradmq_reply_clear (&reply);
    }
    return atomic_load (&self->fenced);
}

static void *
s_run (void *argument)
{
    gradmq_lease_t *self = (gradmq_lease_t *) argument;
    gradmq_frames_t frames = {0};
    bool stop = false;
    while (!stop) {
        uint64_t third = atomic_load (&self->lease_ms) / 3;
        stop = s_wait (self, third > LEASE_LEAST_MS ? third : LEASE_LEAST_MS);
        if (!stop)
            stop = s_renew (self, &frames);
    }
    gradmq_frames_free (&frames);
    return NULL;
}

//  Signals are for the threads of the program that we are in.
static bool
s_spawn (gradmq_lease_t *self)
{
    sigset_t all, kept;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &kept);
    int rc = pthread_create (&self->thread, NULL, s_run, self);
    pthread_sigmask (SIG_SETMASK, &kept, NULL);
    return rc == 0;
}

static gradmq_err_t
s_pair (gradmq_lease_t *self, gradmq_reason_t *why)
{
    char endpoint [64];
    snprintf (endpoint, sizeof endpoint, "inproc://gradmq-lease-%p", (void *) self);
    gradmq_err_t err = gradmq_session_socket (self->session, ZMQ_PAIR, &self->stop, why);
    if (!err)
        err = gradmq_session_socket (self->session, ZMQ_PAIR, &self->stopped, why);
    if (!err && zmq_bind (self->stop, endpoint) != 0)
        err = gradmq_refuse (why, GRADMQ_ERR_MEMORY, "cannot bind %s: %s", endpoint,
                             zmq_strerror (zmq_errno ()));
    if (!err)
        err = gradmq_session_connect (self->stopped, endpoint, why);
    return err;
}

static void
s_free (gradmq_lease_t *self)
{
    gradmq_socket_close (&self->stop);
    gradmq_socket_close (&self->stopped);
    gradmq_requester_close (&self->requester);
    free (self);
}

gradmq_err_t
gradmq_lease_start (gradmq_lease_t **self_p, gradmq_session_t *session, uint64_t incarnation,
                    uint64_t lease_ms, gradmq_reason_t *why)
{
    *self_p = NULL;
    gradmq_lease_t *self = (gradmq_lease_t *) calloc (1, sizeof *self);
    if (self == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    self->session = session;
    self->incarnation = incarnation;
    atomic_init (&self->low_water, 1);
    atomic_init (&self->lease_ms, lease_ms ? lease_ms : 30000);
    atomic_init (&self->instance, 0);
    atomic_init (&self->fenced, false);
    gradmq_err_t err = gradmq_requester_open (&self->requester, session, why);
    if (!err)
        err = s_pair (self, why);
    if (!err && !s_spawn (self))
        err = gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no thread can be started for the lease");
    if (err) {
        s_free (self);
        return err;
    }
    *self_p = self;
    return GRADMQ_OK;
}

void
gradmq_lease_stop (gradmq_lease_t **self_p, uint64_t deadline_ms)
{
    if (self_p == NULL || *self_p == NULL)
        return;
    gradmq_lease_t *self = *self_p;
    *self_p = NULL;
    while (zmq_send (self->stop, &deadline_ms, sizeof deadline_ms, 0) < 0 && errno == EINTR)
        ;
    pthread_join (self->thread, NULL);
    s_free (self);
}

void
gradmq_lease_set_low_water (gradmq_lease_t *self, uint64_t low_water)
{
    atomic_store_explicit (&self->low_water, low_water, memory_order_relaxed);
}

bool
gradmq_lease_fenced (const gradmq_lease_t *self)
{
    return atomic_load (&self->fenced);
}

uint64_t
gradmq_lease_instance (const gradmq_lease_t *self)
{
    return atomic_load_explicit (&self->instance, memory_order_relaxed);
}
