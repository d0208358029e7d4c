#include "coordinator/entry.h"

#include <stdlib.h>
#include <string.h>

enum { STOCK_MOST = 1024 };

gradmq_entry_t *
gradmq_queue_new_entry (gradmq_queue_t *self)
{
    gradmq_entry_t *entry = self->stock;
    if (entry) {
        self->stock = entry->next;
        self->stock_count--;
    } else if (!(entry = malloc (sizeof *entry)))
        return NULL;
    gradmq_gradient_init (&entry->gradient);
    entry->local = entry->refused = entry->not_finite = entry->had_turn = false;
    entry->lsns [0] = entry->lsns [1] = 0;
    entry->message_count = 0;
    entry->message_room = 1;
    entry->messages = &entry->one_message;
    entry->frames = &entry->one_frame;
    entry->next = NULL;
    return entry;
}

static void
s_release (gradmq_entry_t *entry)
{
    for (size_t i = 0; i < entry->message_count; i++)
        zmq_msg_close (&entry->messages [i]);
    if (entry->messages != &entry->one_message) {
        free (entry->messages);
        free (entry->frames);
    }
    gradmq_gradient_clear (&entry->gradient);
}

void
gradmq_queue_free_entry (gradmq_queue_t *self, gradmq_entry_t **entry_p)
{
    gradmq_entry_t *entry = *entry_p;
    *entry_p = NULL;
    if (!entry)
        return;
    s_release (entry);
    if (self->stock_count == STOCK_MOST) {
        free (entry);
        return;
    }
    entry->next = self->stock;
    self->stock = entry;
    self->stock_count++;
}

//  Twice the room for frames. A zmq_msg_t may not be copied as bytes, so each is moved.
static gradmq_err_t
s_grow (gradmq_entry_t *self)
{
    size_t room = self->message_room < 8 ? 8 : self->message_room * 2;
    zmq_msg_t *messages = malloc (room * sizeof *messages);
    gradmq_frame_t *frames = malloc (room * sizeof *frames);
    if (!messages || !frames) {
        free (messages);
        free (frames);
        return GRADMQ_ERR_MEMORY;
    }
    for (size_t i = 0; i < self->message_count; i++) {
        zmq_msg_init (&messages [i]);
        zmq_msg_move (&messages [i], &self->messages [i]);
        //  A short message keeps its bytes inside the zmq_msg_t, so the view moves with it.
        frames [i] = (gradmq_frame_t){zmq_msg_data (&messages [i]), zmq_msg_size (&messages [i])};
    }
    if (self->messages != &self->one_message) {
        free (self->messages);
        free (self->frames);
    }
    self->messages = messages;
    self->frames = frames;
    self->message_room = room;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_entry_add_frame (gradmq_entry_t *self, zmq_msg_t *message)
{
    if (self->message_count == self->message_room) {
        gradmq_err_t err = s_grow (self);
        if (err)
            return err;
    }
    size_t at = self->message_count++;
    zmq_msg_init (&self->messages [at]);
    zmq_msg_move (&self->messages [at], message);
    self->frames [at] =
        (gradmq_frame_t){zmq_msg_data (&self->messages [at]), zmq_msg_size (&self->messages [at])};
    self->gradient.payload.frames = self->frames;
    self->gradient.payload.count = self->message_count;
    self->gradient.payload.bytes += self->frames [at].size;
    return GRADMQ_OK;
}

void
gradmq_queue_push (gradmq_queue_t *self, gradmq_entry_t **entry_p)
{
    gradmq_entry_t *entry = *entry_p;
    *entry_p = NULL;
    entry->next = NULL;
    *(self->last ? &self->last->next : &self->first) = entry;
    self->last = entry;
    self->count++;
    self->refused += entry->refused;
    self->bytes += entry->gradient.payload.bytes;
}

gradmq_entry_t *
gradmq_queue_take (gradmq_queue_t *self, gradmq_entry_t *before)
{
    gradmq_entry_t **link = before ? &before->next : &self->first;
    gradmq_entry_t *entry = *link;
    if (!entry)
        return NULL;
    *link = entry->next;
    if (!entry->next)
        self->last = before;
    entry->next = NULL;
    self->count--;
    self->refused -= entry->refused;
    self->bytes -= entry->gradient.payload.bytes;
    return entry;
}

gradmq_entry_t *
gradmq_queue_pop (gradmq_queue_t *self)
{
    return gradmq_queue_take (self, NULL);
}

void
gradmq_queue_put_back (gradmq_queue_t *self, gradmq_queue_t *other)
{
    if (!other->first)
        return;
    other->last->next = self->first;
    if (!self->last)
        self->last = other->last;
    self->first = other->first;
    self->count += other->count;
    self->refused += other->refused;
    self->bytes += other->bytes;
    other->first = other->last = NULL;
    other->count = other->refused = 0;
    other->bytes = 0;
}

void
gradmq_queue_clear (gradmq_queue_t *self)
{
    for (gradmq_entry_t *entry; (entry = gradmq_queue_pop (self));) {
        s_release (entry);
        free (entry);
    }
    for (gradmq_entry_t *entry = self->stock; entry;) {
        gradmq_entry_t *next = entry->next;
        free (entry);
        entry = next;
    }
    *self = (gradmq_queue_t){0};
}
