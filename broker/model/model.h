//  A model: layout, epoch, version, the newest snapshot and the buffers for the next one.
//
//    thread  one owner (the coordinator actor); readers hold snapshots

#ifndef GRADMQ_MODEL_MODEL_H
#define GRADMQ_MODEL_MODEL_H

#include "core/clock.h"
#include "model/snapshot.h"
#include "tensor/payload.h"

typedef struct gradmq_model gradmq_model_t;

//  A model without parameters: epoch and version are 0.
//    errors  NULL: out of memory
gradmq_model_t *gradmq_model_new (gradmq_clock_t clock);
void gradmq_model_destroy (gradmq_model_t **self_p);

//  Load parameters from a payload: packed, every tensor in `dtype`. New epoch, version 0.
//    errors  LENGTH, ALIGNMENT, NON_FINITE, MEMORY; the model is then unchanged
//    source  PROTOCOL.md, M-2, P-2
GRADMQ_MUST_CHECK gradmq_err_t gradmq_model_load (gradmq_model_t *self, gradmq_layout_t *layout,
                                                  const gradmq_dtype_t *dtype,
                                                  const gradmq_payload_t *payload,
                                                  gradmq_reason_t *reason);

//  Load a snapshot that the caller made (gradmq_snapshot_wrap): no copy. New epoch, version 0.
//    owns    takes *snapshot_p and nulls it on success
//    errors  NON_FINITE, MEMORY; the model is then unchanged
GRADMQ_MUST_CHECK gradmq_err_t gradmq_model_take (gradmq_model_t *self,
                                                  gradmq_snapshot_t **snapshot_p,
                                                  gradmq_reason_t *reason);

//  Begin a new epoch with the parameters as they are: version 0. Snapshots that readers hold keep
//  their position.
//    errors  NO_MODEL, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_model_new_epoch (gradmq_model_t *self);

//  Say where the parameters are that were loaded just now, or begun a new epoch with: for a model that
//  goes on where another one was. Nobody else holds the newest snapshot.
void gradmq_model_place (gradmq_model_t *self, uint64_t epoch, uint64_t version);

//  Keep an older version of this epoch for whoever states it as a base: the one behind those kept already.
//    shape   packed in the master dtype
//    errors  NO_MODEL; ARGUMENT: none are retained, or it is not between those kept and the newest;
//            LENGTH, ALIGNMENT, NON_FINITE, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_model_keep (gradmq_model_t *self, uint64_t version,
                                                  const gradmq_payload_t *payload,
                                                  gradmq_reason_t *reason);

bool gradmq_model_loaded (const gradmq_model_t *self);
uint64_t gradmq_model_epoch (const gradmq_model_t *self);
uint64_t gradmq_model_version (const gradmq_model_t *self);

//  NULL without a model. Borrowed.
gradmq_layout_t *gradmq_model_layout (const gradmq_model_t *self);
gradmq_snapshot_t *gradmq_model_newest (const gradmq_model_t *self);

//  Keep the last `count` versions before the newest from now on, for whoever states one of them as
//  a base; at most GRADMQ_RETAINED_MAX. Steps are then never made in place.
#define GRADMQ_RETAINED_MAX 64u
void gradmq_model_retain (gradmq_model_t *self, size_t count);

//  The snapshot of this version of the current epoch: the newest, or one that is retained; else NULL.
//  Borrowed.
gradmq_snapshot_t *gradmq_model_retained (const gradmq_model_t *self, uint64_t version);

//  Snapshots alive beside the newest one and those retained: what readers pin.
size_t gradmq_model_pinned (const gradmq_model_t *self);

//  Where the next version is written: the newest snapshot itself when nobody else holds it and
//  `in_place` allows it, else a buffer from the pool whose contents are undefined. Either way the
//  model is unchanged until gradmq_model_commit.
//    owns    *next_p is the caller's: commit it, or gradmq_snapshot_release it
//    errors  NO_MODEL, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_model_next (gradmq_model_t *self, bool in_place,
                                                  gradmq_snapshot_t **next_p);

//  Nothing will come for a while: keep one idle buffer for the next version, free the others.
void gradmq_model_rest (gradmq_model_t *self);

//  Make *next_p the newest, `steps` versions further.
//    owns    takes *next_p and nulls it
//    source  PROTOCOL.md, P-1
void gradmq_model_commit (gradmq_model_t *self, gradmq_snapshot_t **next_p, uint64_t steps);

#endif
