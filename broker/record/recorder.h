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

//  Where a journal goes on from: the checkpoint or the journal before it.
typedef struct {
    uint64_t serial;      //  number of this journal
    uint64_t before;      //  that of the journal before it, 0: a checkpoint was, or nothing
    uint64_t records;     //  of the journal before it
    const char *workers;  //  a muster (sync/muster.h): one line a worker
    bool running;         //  gradients are applied
} gradmq_continues_t;

//  Begin a journal: a file that goes on from where the model is, without saying what its parameters are.
//  Otherwise as gradmq_recorder_open. It is on the disk on return, but for its name in the folder.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_continue (
    gradmq_recorder_t **self_p, const char *path, const char *name, const gradmq_model_t *model,
    const gradmq_step_t *step, const gradmq_continues_t *continues, gradmq_reason_t *reason);

//  The last record says that it ends here by order. A journal is then on the disk.
//    `records`, `bytes`  where not NULL: what the file has
//    owns    takes *self_p and nulls it, also on error; NULL is fine
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_close (gradmq_recorder_t **self_p, uint64_t *records,
                                                      uint64_t *bytes, gradmq_reason_t *reason);

//  Close the file as it is. NULL and *NULL are fine.
void gradmq_recorder_abandon (gradmq_recorder_t **self_p);

//  The settings have changed; a model was loaded, or one with optimizer state restored; a new epoch has
//  begun. Each is called right after.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_settings (gradmq_recorder_t *self,
                                                         gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_loaded (gradmq_recorder_t *self,
                                                       gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_restored (gradmq_recorder_t *self,
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

//  What only a journal has: the coordinator was started or stopped; an incarnation has joined, whose next
//  sequence is `next` (0: it came back, and that is known), or has departed; a gradient has its disposition.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_running (gradmq_recorder_t *self, bool running,
                                                        gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_joined (gradmq_recorder_t *self, const char *worker,
                                                       uint64_t incarnation, uint64_t next,
                                                       gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_gone (gradmq_recorder_t *self, const char *worker,
                                                     uint64_t incarnation, gradmq_reason_t *reason);

//  Dispositions are gathered until gradmq_recorder_commit, which fails where one found no memory.
void gradmq_recorder_disposed (gradmq_recorder_t *self, const char *worker, uint64_t incarnation,
                               uint64_t sequence, uint32_t disposition, uint32_t code);

//  Bring all that was recorded to the disk: what was written before is safe on return.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_commit (gradmq_recorder_t *self,
                                                       gradmq_reason_t *reason);

//  Bytes and records so far.
uint64_t gradmq_recorder_bytes (const gradmq_recorder_t *self);
uint64_t gradmq_recorder_records (const gradmq_recorder_t *self);

//  Between two steps: now and then a digest of the parameters, so that a replay can tell where it
//  went another way. It costs a small part of what writing gradients does.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recorder_check (gradmq_recorder_t *self,
                                                      gradmq_reason_t *reason);

#endif
