//  One checkpoint on its way to the disk: all that is in it, and the thread that writes it.

#ifndef GRADMQ_COORDINATOR_CHECKPOINT_JOB_H
#define GRADMQ_COORDINATOR_CHECKPOINT_JOB_H

#include "coordinator/engine.h"

typedef struct gradmq_checkpoint_job gradmq_checkpoint_job_t;

//  Take all that belongs into a checkpoint as it is now.
//    owns    *self_p is the caller's: gradmq_checkpoint_job_join
//    errors  MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_job_new (gradmq_checkpoint_job_t **self_p,
                                                          const gradmq_engine_t *engine,
                                                          uint64_t serial, gradmq_reason_t *reason);

//  Write it on a thread of its own; without one, here.
void gradmq_checkpoint_job_start (gradmq_checkpoint_job_t *self);

bool gradmq_checkpoint_job_done (const gradmq_checkpoint_job_t *self);

//  Wait for its end; *outcome says what came of it, with its bytes where it was written.
//    owns    takes *self_p and nulls it
void gradmq_checkpoint_job_join (gradmq_checkpoint_job_t **self_p, gradmq_reason_t *outcome,
                                 uint64_t *bytes);

#endif
