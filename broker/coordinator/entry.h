//  A gradient in the queue: what was decoded, and the frames it stands in.

#ifndef GRADMQ_COORDINATOR_ENTRY_H
#define GRADMQ_COORDINATOR_ENTRY_H

#include "wire/gradient.h"

#include <zmq.h>

typedef struct gradmq_entry {
    gradmq_gradient_t gradient;
    bool local;         //  added in process: no worker, no sequence
    bool refused;       //  settled already; it only answers in its worker's turn
    bool not_finite;    //  and was refused for that
    bool had_turn;      //  the policy let it pass
    size_t place;       //  among the contributions to a step, in order of arrival
    uint64_t lsns [2];  //  its records as a contribution, in a recording and in the journal
    size_t message_count;
    size_t message_room;
    zmq_msg_t *messages;     //  one_message, or allocated
    gradmq_frame_t *frames;  //  one_frame, or allocated
    zmq_msg_t one_message;
    gradmq_frame_t one_frame;
    struct gradmq_entry *next;
} gradmq_entry_t;

//  Entries in order of arrival, and a stock of used ones.
typedef struct {
    gradmq_entry_t *first, *last;
    size_t count;
    size_t refused;  //  of these: settled already
    uint64_t bytes;
    gradmq_entry_t *stock;
    size_t stock_count;
} gradmq_queue_t;

//  An empty entry; NULL: out of memory.
gradmq_entry_t *gradmq_queue_new_entry (gradmq_queue_t *self);

//  Close its frames and keep it for later. Nulls *entry_p.
void gradmq_queue_free_entry (gradmq_queue_t *self, gradmq_entry_t **entry_p);

//  Move a frame into the entry and show it in its gradient's payload.
//    owns    takes the message's contents (zmq_msg_move); on error they stay
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_entry_add_frame (gradmq_entry_t *self, zmq_msg_t *message);

//  Append; takes *entry_p and nulls it.
void gradmq_queue_push (gradmq_queue_t *self, gradmq_entry_t **entry_p);

//  Take the first out, NULL when empty.
gradmq_entry_t *gradmq_queue_pop (gradmq_queue_t *self);

//  Take out the one after `before` (NULL: the first).
gradmq_entry_t *gradmq_queue_take (gradmq_queue_t *self, gradmq_entry_t *before);

//  Put all entries of `other` before those of this queue.
void gradmq_queue_put_back (gradmq_queue_t *self, gradmq_queue_t *other);

//  Free everything.
void gradmq_queue_clear (gradmq_queue_t *self);

#endif
