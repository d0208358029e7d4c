//  Putting a checkpoint in force: its settings, parameters and optimizer state.
//
//    thread  the coordinator actor's alone, or before it runs

#ifndef GRADMQ_COORDINATOR_RESTORE_H
#define GRADMQ_COORDINATOR_RESTORE_H

#include "checkpoint/checkpoint.h"
#include "coordinator/engine.h"

//  Put the model of a checkpoint in force, with its optimizer state and settings; a new epoch begins.
//    `name`  the file's, in the coordinator's folder; NULL: the newest whole one
//    errors  UNSUPPORTED: there is no folder; ARGUMENT: there is no such checkpoint; CLOSED; FORMAT: it is
//            damaged; INTERNAL, MEMORY; nothing is then changed
GRADMQ_MUST_CHECK gradmq_err_t gradmq_restore_run (gradmq_engine_t *self, const char *name,
                                                   gradmq_reason_t *reason);

//  What settings a checkpoint has.
//    errors  FORMAT; ARGUMENT: it is of another model; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_restore_settings (const gradmq_engine_t *self,
                                                        const gradmq_checkpoint_t *from,
                                                        gradmq_settings_t *settings,
                                                        gradmq_reason_t *reason);

//  Put these settings in force, and the parameters and optimizer state at the checkpoint's epoch and version.
//    errors  FORMAT and those of a load
GRADMQ_MUST_CHECK gradmq_err_t gradmq_restore_place (gradmq_engine_t *self,
                                                     const gradmq_checkpoint_t *from,
                                                     const gradmq_settings_t *settings,
                                                     gradmq_reason_t *reason);

#endif
