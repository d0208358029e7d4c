#include "http/feed.h"

#include "core/clock.h"
#include "http/library.h"
#include "http/limit.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  How long a browser waits before it comes again.
static const char s_preface [] = "retry: 2000\n\n";

enum { BLOCK_BYTES = 16384 };

//  Somebody who listens. It goes with its answer.
typedef struct s_listener {
    gradmq_feed_t *feed;
    struct MHD_Connection *connection;
    bool greeted;
    bool suspended;  //  there was nothing to send
    uint64_t next;   //  event that it reads
    size_t offset;   //  in that event
    struct s_listener *before, *after;
} s_listener_t;

typedef struct {
    char *text;
    size_t size;
} s_event_t;

struct gradmq_feed {
    pthread_mutex_t mutex;
    s_event_t kept [GRADMQ_HTTP_FEED_KEPT];  //  event n is at n % GRADMQ_HTTP_FEED_KEPT
    uint64_t first, end;                     //  those that are kept
    s_listener_t *listeners;
    size_t count;
    pthread_cond_t parted;  //  nobody listens any more
    bool closing;
};

gradmq_feed_t *
gradmq_feed_new (void)
{
    gradmq_feed_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init (&self->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init (&attributes);
    pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
    pthread_cond_init (&self->parted, &attributes);
    pthread_condattr_destroy (&attributes);
    return self;
}

void
gradmq_feed_destroy (gradmq_feed_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    for (size_t i = 0; i < GRADMQ_HTTP_FEED_KEPT; i++)
        free ((*self_p)->kept [i].text);
    pthread_cond_destroy (&(*self_p)->parted);
    pthread_mutex_destroy (&(*self_p)->mutex);
    free (*self_p);
    *self_p = NULL;
}

//  --------------------------------------------------------------------------------------------
//  Pushing

//  Those who had nothing to send go on. The mutex is held.
static void
s_resume (gradmq_feed_t *self)
{
    for (s_listener_t *listener = self->listeners; listener; listener = listener->after)
        if (listener->suspended) {
            listener->suspended = false;
            gradmq_http_library ()->resume_connection (listener->connection);
        }
}

void
gradmq_feed_push (gradmq_feed_t *self, const char *event, const char *json)
{
    s_event_t made;
    int length = asprintf (&made.text, "event: %s\ndata: %s\n\n", event, json);
    if (length < 0)
        return;
    made.size = (size_t) length;
    pthread_mutex_lock (&self->mutex);
    if (self->end - self->first == GRADMQ_HTTP_FEED_KEPT)
        self->first++;
    s_event_t *place = &self->kept [self->end++ % GRADMQ_HTTP_FEED_KEPT];
    free (place->text);
    *place = made;
    s_resume (self);
    pthread_mutex_unlock (&self->mutex);
}

void
gradmq_feed_close (gradmq_feed_t *self)
{
    const gradmq_clock_t clock = gradmq_clock_real ();
    const uint64_t end = gradmq_clock_ms (&clock) + GRADMQ_HTTP_GOODBYE_MS;
    const struct timespec until = {(time_t) (end / 1000), (long) (end % 1000) * 1000000};
    int rc = 0;
    pthread_mutex_lock (&self->mutex);
    self->closing = true;
    s_resume (self);
    while (self->count && rc == 0)
        rc = pthread_cond_timedwait (&self->parted, &self->mutex, &until);
    pthread_mutex_unlock (&self->mutex);
}

size_t
gradmq_feed_listeners (gradmq_feed_t *self)
{
    pthread_mutex_lock (&self->mutex);
    size_t count = self->count;
    pthread_mutex_unlock (&self->mutex);
    return count;
}

//  --------------------------------------------------------------------------------------------
//  Listening

//  The next bytes of an event. The mutex is held.
static ssize_t
s_copy (s_listener_t *self, char *to, size_t most)
{
    const gradmq_feed_t *feed = self->feed;
    const s_event_t *event = &feed->kept [self->next % GRADMQ_HTTP_FEED_KEPT];
    size_t size = event->size - self->offset;
    if (size > most)
        size = most;
    memcpy (to, event->text + self->offset, size);
    self->offset += size;
    if (self->offset == event->size) {
        self->offset = 0;
        self->next++;
    }
    return (ssize_t) size;
}

//  What is sent next; nothing suspends the connection until something is pushed.
static ssize_t
s_next (s_listener_t *self, char *to, size_t most)
{
    const gradmq_feed_t *feed = self->feed;
    if (!self->greeted && most >= sizeof s_preface) {
        self->greeted = true;
        memcpy (to, s_preface, sizeof s_preface - 1);
        return sizeof s_preface - 1;
    }
    if (self->next < feed->first)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (self->next < feed->end)
        return s_copy (self, to, most);
    if (feed->closing)
        return MHD_CONTENT_READER_END_OF_STREAM;
    self->suspended = true;
    gradmq_http_library ()->suspend_connection (self->connection);
    return 0;
}

static ssize_t
s_read (void *context, uint64_t position, char *to, size_t most)
{
    s_listener_t *self = context;
    (void) position;
    pthread_mutex_lock (&self->feed->mutex);
    ssize_t size = s_next (self, to, most);
    pthread_mutex_unlock (&self->feed->mutex);
    return size;
}

static void
s_part (void *context)
{
    s_listener_t *self = context;
    gradmq_feed_t *feed = self->feed;
    pthread_mutex_lock (&feed->mutex);
    if (self->before)
        self->before->after = self->after;
    else
        feed->listeners = self->after;
    if (self->after)
        self->after->before = self->before;
    if (--feed->count == 0)
        pthread_cond_signal (&feed->parted);
    pthread_mutex_unlock (&feed->mutex);
    free (self);
}

//  False where there are too many.
static bool
s_join (gradmq_feed_t *self, s_listener_t *listener)
{
    pthread_mutex_lock (&self->mutex);
    bool room = !self->closing && self->count < GRADMQ_HTTP_LISTENERS_MOST;
    if (room) {
        listener->next = self->end;
        listener->after = self->listeners;
        if (self->listeners)
            self->listeners->before = listener;
        self->listeners = listener;
        self->count++;
    }
    pthread_mutex_unlock (&self->mutex);
    return room;
}

struct MHD_Response *
gradmq_feed_listen (gradmq_feed_t *self, struct MHD_Connection *connection)
{
    s_listener_t *listener = calloc (1, sizeof *listener);
    if (!listener)
        return NULL;
    listener->feed = self;
    listener->connection = connection;
    if (!s_join (self, listener)) {
        free (listener);
        return NULL;
    }
    struct MHD_Response *response = gradmq_http_library ()->create_response_from_callback (
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, s_read, listener, s_part);
    if (!response)
        s_part (listener);
    return response;
}
