//  Checkpoints: when one is due, and the thread that writes it from a snapshot while the actor goes on.
//  The optimizer's state, which steps change in place, is copied for it first.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_CHECKPOINTS_H
#define GRADMQ_COORDINATOR_CHECKPOINTS_H

#include "coordinator/engine.h"

//  Begin one; where there is a journal, the next journal begins with it.
//    errors  UNSUPPORTED: no folder was given; NO_MODEL; STATE: one is being written; CLOSED; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoints_begin (gradmq_engine_t *self,
                                                         gradmq_reason_t *reason);

//  See to the one that is being written, and begin one that is due.
//    source  rules V-3, V-4
void gradmq_checkpoints_look (gradmq_engine_t *self);

//  Before the coordinator closes: the last one, waited for, where durability asks for it. Ends the journal.
void gradmq_checkpoints_end (gradmq_engine_t *self);

//  The settings of durability are about to change from what they are; a journal begins or ends.
//    errors  UNSUPPORTED: no folder was given; INTERNAL: nothing can be written there; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoints_settle (gradmq_engine_t *self,
                                                          const gradmq_settings_t *settings,
                                                          gradmq_reason_t *reason);

//  They have changed: where they keep no journal any more, it ends.
void gradmq_checkpoints_settled (gradmq_engine_t *self);

//  The newest one as an operation; false: there was none.
//    owns    points into the engine
bool gradmq_checkpoints_operation (const gradmq_engine_t *self, gradmq_operation_t *operation);

//  Wait for the one that is being written, and forget it.
void gradmq_checkpoints_free (gradmq_engine_t *self);

//  True when these settings keep a journal; true when they keep anything.
bool gradmq_settings_journal (const gradmq_settings_t *settings);
bool gradmq_settings_durable (const gradmq_settings_t *settings);

#endif
