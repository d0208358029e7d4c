//  What the sequences of one incarnation have come to: schemas/PROTOCOL.md, sections 8 and 10.
//
//      sequence  1 ...  S ...  R ... S + GRADMQ_RECEIVE_WINDOW
//                settled | received, maybe queued | received or missing
//
//  No time, no tensors, no sockets.

#ifndef GRADMQ_SYNC_WINDOW_H
#define GRADMQ_SYNC_WINDOW_H

#include "core/code.h"
#include "core/error.h"
#include "core/limit.h"

#include <stdbool.h>
#include <stddef.h>

//  One sequence. Two windows of them are kept: what was settled last, and what may come.
typedef struct {
    uint8_t phase;
    uint8_t disposition;
    uint16_t code;
} gradmq_slot_t;

typedef struct {
    uint64_t received_through;  //  R
    uint64_t settled_through;   //  S
    uint64_t sent_through;      //  highest sequence that it is known to have sent
    uint64_t applied;
    uint64_t lost;
    gradmq_slot_t slots [2 * GRADMQ_RECEIVE_WINDOW];
    //  The newest that are not APPLIED, ascending, and from where on that list is complete.
    gradmq_disposed_t others [GRADMQ_DISPOSITIONS_TOLD_MAX];
    size_t other_count;
    uint64_t others_from;
} gradmq_window_t;

//  A window that has seen everything below `next`, which is at least 1.
void gradmq_window_init (gradmq_window_t *self, uint64_t next);

typedef enum {
    GRADMQ_SEQUENCE_NEW,
    GRADMQ_SEQUENCE_DUPLICATE,
    GRADMQ_SEQUENCE_TOO_FAR
} gradmq_sequence_t;

//  What a sequence that arrives is.
gradmq_sequence_t gradmq_window_classify (const gradmq_window_t *self, uint64_t sequence);

//  A new sequence is received: it now counts as held, until it is disposed of.
//    source  rule G-2, 12
void gradmq_window_receive (gradmq_window_t *self, uint64_t sequence);

//  A sequence was not received and shows as missing with this code.
//    source  rule G-3
void gradmq_window_turn_away (gradmq_window_t *self, uint64_t sequence, gradmq_err_t code);

//  A held sequence gets its disposition, and is settled with it (level memory). Ignored for one that is
//  not held.
//    returns true when it was held
bool gradmq_window_dispose (gradmq_window_t *self, uint64_t sequence,
                            gradmq_disposition_t disposition, gradmq_err_t code);

//  The sender says that everything below `low_water` is settled. What this window never received of
//  that is lost to it, and counted; what it holds stays held.
//    returns how many were lost
//    source  rule S-5
uint64_t gradmq_window_low_water (gradmq_window_t *self, uint64_t low_water);

//  The sender says how far it has sent.
void gradmq_window_sent (gradmq_window_t *self, uint64_t sequence);

//  Gaps above received_through, ascending, up to what was sent.
//    returns how many were written
size_t gradmq_window_missing (const gradmq_window_t *self,
                              gradmq_range_t ranges [GRADMQ_MISSING_RANGES_TOLD_MAX]);

//  What lies above settled_through and has its disposition, ascending.
//    returns how many were written
size_t gradmq_window_disposed (const gradmq_window_t *self,
                               gradmq_disposed_t list [GRADMQ_RECEIVE_WINDOW]);

//  One that has seen nothing above `settled_through` gets a disposition all the same: in another process
//  it was received here. One without a disposition was lost.
void gradmq_window_replay (gradmq_window_t *self, uint64_t sequence,
                           gradmq_disposition_t disposition, gradmq_err_t code);

//  True when something is received and not settled, or missing.
bool gradmq_window_open (const gradmq_window_t *self);

#endif
