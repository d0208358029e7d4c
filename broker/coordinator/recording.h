//  Recordings: what happens to the engine's model goes to a file while one is made. Where none is,
//  each call below looks at one pointer. An error ends the recording and nothing else: it is logged,
//  told by the notice OPERATION, and kept for Status.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_RECORDING_H
#define GRADMQ_COORDINATOR_RECORDING_H

#include "coordinator/engine.h"

//  Begin one.
//    errors  UNSUPPORTED: no folder was given; STATE: there is one; CLOSED; ARGUMENT: such a file is
//            there; INTERNAL: it cannot be written, MEMORY
//    source  rule R-10
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recording_start (gradmq_engine_t *self, const char *name,
                                                       gradmq_reason_t *reason);

//  End it.
//    errors  STATE: there is none; INTERNAL: the last of it could not be written
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recording_stop (gradmq_engine_t *self,
                                                      gradmq_reason_t *reason);

//  End it where there is one.
void gradmq_recording_end (gradmq_engine_t *self);

//  The newest one as an operation; false: there was none.
//    owns    points into the engine
bool gradmq_recording_operation (const gradmq_engine_t *self, gradmq_operation_t *operation);

//  What happened, for the recording and for the journal: settings, a load, a model put back with its
//  optimizer state, a new epoch.
void gradmq_recording_settings (gradmq_engine_t *self);
void gradmq_recording_loaded (gradmq_engine_t *self);
void gradmq_recording_restored (gradmq_engine_t *self);
void gradmq_recording_epoch (gradmq_engine_t *self);

//  These gradients were consumed, each on its own; `version` was the model's before. Those that were
//  not tried (REFUSED, SKIP, no memory) left no trace and are not written.
void gradmq_recording_gradients (gradmq_engine_t *self, gradmq_gradient_t *const *gradients,
                                 const gradmq_outcome_t *outcomes, size_t count, uint64_t version);

//  It is about to join the open step.
void gradmq_recording_contribution (gradmq_engine_t *self, gradmq_entry_t *entry);

//  A journal has just begun: write what the open step has.
void gradmq_recording_open_step (gradmq_engine_t *self);

//  These were closed, in this order; `code` is what became of them all.
void gradmq_recording_step (gradmq_engine_t *self, gradmq_entry_t *const *entries, size_t count,
                            gradmq_err_t code);

//  The open step is about to be dropped.
void gradmq_recording_drop (gradmq_engine_t *self);

#endif
