//  Messages of several frames in one call, so that a message costs one step from Go into C and back,
//  and frames that lend memory, which ZeroMQ gives back on a thread of its own.

#ifndef GRADMQ_GO_GLUE_H
#define GRADMQ_GO_GLUE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { GLUE_SENT, GLUE_AGAIN, GLUE_BROKEN, GLUE_FAILED };

typedef struct {
    void *data;
    size_t size;
} glue_view_t;

typedef struct {
    zmq_msg_t *items;
    glue_view_t *views;
    size_t count, room;
} glue_message_t;

//  One frame; its copy of the data, or, with a count, the data itself. A signal may interrupt even what
//  does not wait.
static inline int
glue_send_frame (void *socket, void *data, size_t size, atomic_llong *lent, zmq_free_fn *give_back,
                 int flags)
{
    zmq_msg_t frame;
    int rc = lent ? zmq_msg_init_data (&frame, data, size, give_back, lent)
                  : zmq_msg_init_size (&frame, size);
    if (rc != 0)
        return GLUE_FAILED;
    if (lent)
        atomic_fetch_add (lent, 1);
    else if (size)
        memcpy (zmq_msg_data (&frame), data, size);
    do
        rc = zmq_msg_send (&frame, socket, ZMQ_DONTWAIT | flags);
    while (rc < 0 && errno == EINTR);
    if (rc >= 0)
        return GLUE_SENT;
    int error = errno;
    zmq_msg_close (&frame);
    return error == EAGAIN ? GLUE_AGAIN : GLUE_FAILED;
}

static inline void
glue_give_back (void *data, void *hint)
{
    (void) data;
    atomic_fetch_sub ((atomic_llong *) hint, 1);
}

//  A header, then the payload in frames that end at ends [0 .. count - 1]. A message whose connection
//  goes in the middle of it is dropped by ZeroMQ, what follows of it too.
static inline int
glue_send (void *socket, void *header, size_t header_size, void *payload, const size_t *ends,
           size_t count, atomic_llong *lent)
{
    int sent = glue_send_frame (socket, header, header_size, NULL, NULL, count ? ZMQ_SNDMORE : 0);
    size_t begin = 0;
    if (sent != GLUE_SENT)
        return sent;
    for (size_t i = 0; i < count; i++) {
        if (glue_send_frame (socket, (char *) payload + begin, ends [i] - begin, lent,
                             glue_give_back, i + 1 < count ? ZMQ_SNDMORE : 0)
            != GLUE_SENT)
            sent = GLUE_BROKEN;
        begin = ends [i];
    }
    return sent;
}

static inline void
glue_clear (glue_message_t *self)
{
    while (self->count)
        zmq_msg_close (&self->items [--self->count]);
}

static inline void
glue_free (glue_message_t *self)
{
    glue_clear (self);
    free (self->items);
    free (self->views);
    *self = (glue_message_t){0};
}

static inline bool
glue_room (glue_message_t *self, size_t most)
{
    if (self->count >= most)
        return false;
    if (self->count < self->room)
        return true;
    size_t room = self->room ? self->room * 2 : 8;
    zmq_msg_t *items = malloc (room * sizeof *items);
    glue_view_t *views = realloc (self->views, room * sizeof *views);
    if (views)
        self->views = views;
    if (!items || !views) {
        free (items);
        return false;
    }
    //  A zmq_msg_t moves by zmq_msg_move only.
    for (size_t i = 0; i < self->count; i++) {
        zmq_msg_init (&items [i]);
        zmq_msg_move (&items [i], &self->items [i]);
        zmq_msg_close (&self->items [i]);
        views [i].data = zmq_msg_data (&items [i]);
    }
    free (self->items);
    self->items = items;
    self->room = room;
    return true;
}

//  The next message, if there is one. One of more than `most` frames comes out empty.
static inline bool
glue_receive (void *socket, glue_message_t *self, size_t most)
{
    bool more = true, kept = true;
    glue_clear (self);
    for (bool any = false; more; any = true) {
        zmq_msg_t frame;
        int rc;
        zmq_msg_init (&frame);
        do
            rc = zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT);
        while (rc < 0 && errno == EINTR);
        if (rc < 0) {
            zmq_msg_close (&frame);
            if (any)
                glue_clear (self);
            return false;
        }
        more = zmq_msg_more (&frame) != 0;
        kept = kept && glue_room (self, most);
        if (kept) {
            zmq_msg_t *item = &self->items [self->count];
            zmq_msg_init (item);
            zmq_msg_move (item, &frame);
            self->views [self->count++] = (glue_view_t){zmq_msg_data (item), zmq_msg_size (item)};
        }
        zmq_msg_close (&frame);
    }
    if (!kept)
        glue_clear (self);
    return true;
}

#endif
