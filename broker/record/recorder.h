//  Writing down what happens to a model, as it happens: schemas/RECORD.md, section 3.
//
//    thread  that of the model
//
//  Every call below that can fail fails with IO or MEMORY. The recording is then at its end:
//  gradmq_recorder_abandon it. What is in the file up to there can be replayed.

#ifndef GRADMQ_RECORD_RECORDER_H
#define GRADMQ_RECORD_RECORDER_H

#include "record/writer.h"
#include "step/step.h"

typedef struct gradmq_recorder gradmq_recorder_t;

//  Begin a file with the settings in force and, where there is one, the model as it is now: versions
//  that are retained, optimizer state, counts. The open step's contributions are the caller's to add.
//    owns    *self_p is the caller's; model and step are borrowed and have to outlive it
//    errors  ARGUMENT: the file is there already; IO, MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_open (gradmq_recorder_t **self_p, const char *path,
                                                     const char *name, const gradmq_model_t *model,
                                                     const gradmq_step_t *step,
                                                     gradmq_reason_t *reason);

//  The last record says that it ends here by order.
//    `records`, `bytes`  where not NULL: what the file has
//    owns    takes *self_p and nulls it, also on error; NULL is fine
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_close (gradmq_recorder_t **self_p, uint64_t *records,
                                                      uint64_t *bytes, gradmq_reason_t *reason);

//  Close the file as it is. NULL and *NULL are fine.
void gradmq_recorder_abandon (gradmq_recorder_t **self_p);

//  The settings have changed; a model was loaded; a new epoch has begun. Each is called right after.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_settings (gradmq_recorder_t *self,
                                                         gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_loaded (gradmq_recorder_t *self,
                                                       gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_epoch (gradmq_recorder_t *self,
                                                      gradmq_reason_t *reason);

//  A gradient was a step of its own, or was to be one and its result was not finite.
//    `version`  after it
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_gradient (gradmq_recorder_t *self,
                                                         const gradmq_gradient_t *gradient,
                                                         uint64_t version, gradmq_reason_t *reason);

//  A gradient takes part in the open step; *lsn is how gradmq_recorder_step names it.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_contribution (gradmq_recorder_t *self,
                                                             const gradmq_gradient_t *gradient,
                                                             uint64_t *lsn,
                                                             gradmq_reason_t *reason);

//  The open step was closed with these contributions, in this order.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_step (gradmq_recorder_t *self, const uint64_t *lsns,
                                                     size_t count, gradmq_reason_t *reason);

//  The open step was dropped.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_drop (gradmq_recorder_t *self,
                                                     gradmq_reason_t *reason);

//  Between two steps: now and then a digest of the parameters, so that a replay can tell where it
//  went another way. It costs a small part of what writing gradients does.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_check (gradmq_recorder_t *self,
                                                      gradmq_reason_t *reason);

#endif
