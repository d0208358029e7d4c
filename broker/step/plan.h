//  What applying needs to know of one layout under the settings in force: which group holds for
//  which tensor, optimizer state, how many steps each tensor has seen.

#ifndef GRADMQ_STEP_PLAN_H
#define GRADMQ_STEP_PLAN_H

#include "model/snapshot.h"
#include "step/real.h"

//  The numbers of a group; group 0 holds for tensors that match none.
typedef struct {
    gradmq_terms_t terms;  //  rate, count and running are set a step
    double rate_scale;
    bool frozen;
} gradmq_plan_group_t;

//  A stretch of the packed form that is handled as one: a tensor or a run of them.
typedef struct {
    uint64_t first;  //  element
    uint64_t elements;
    uint32_t group;
    uint32_t tensors;  //  of a run
    uint64_t count;    //  steps so far
    double running [2];
} gradmq_plan_entry_t;

//  Neighbouring tensors of one group make a run. As long as all tensors of each run have seen the
//  same steps (`even`) the counts of the runs hold, and a gradient for the whole layout goes run by
//  run; after the first partial gradient those of the tensors do. With trust ratios each tensor
//  is a run.
typedef struct {
    gradmq_layout_t *layout;
    const gradmq_real_t *real;
    const gradmq_optimizer_t *optimizer;
    size_t tensor_count;
    gradmq_plan_entry_t *tensors;
    size_t run_count;
    gradmq_plan_entry_t *runs;
    bool even;
    bool plain;  //  no l2 and no weight_decay anywhere: a series gives the same bits
    size_t group_count;
    gradmq_plan_group_t groups [GRADMQ_GROUPS_MAX + 1];
    gradmq_pool_t *pool;  //  of state and spares
    gradmq_snapshot_t *state [GRADMQ_STATES_MAX];
    gradmq_snapshot_t *spare [GRADMQ_STATES_MAX];  //  NULL until they are needed
    gradmq_snapshot_t *aggregate;  //  what a rule made of several contributions; NULL until needed
    gradmq_plan_entry_t *spare_tensors;  //  then also counts
    gradmq_plan_entry_t *spare_runs;
    bool spare_even;
} gradmq_plan_t;

//  A plan with fresh state; `before`, where not NULL, has the same layout and optimizer, and keeps
//  what it has: gradmq_plan_inherit moves that.
//    errors  ARGUMENT: a group that matches no tensor; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_plan_open (gradmq_plan_t **self_p,
                                                 const gradmq_layout_t *layout,
                                                 const gradmq_settings_t *settings,
                                                 const gradmq_plan_t *before,
                                                 gradmq_reason_t *reason);
void gradmq_plan_destroy (gradmq_plan_t **self_p);

//  Take state and counts of `before`. Cannot fail.
void gradmq_plan_inherit (gradmq_plan_t *self, gradmq_plan_t *before);

//  State and counts as they were before the first step.
void gradmq_plan_begin (gradmq_plan_t *self);

//  Let the tensors' counts hold from now on.
void gradmq_plan_spread (gradmq_plan_t *self);

//  Let those of the runs hold again, where all tensors of each have seen the same.
void gradmq_plan_gather (gradmq_plan_t *self);

//  Keep a copy of state and counts; put it back. What is kept is good for one restore.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_plan_save (gradmq_plan_t *self);
void gradmq_plan_restore (gradmq_plan_t *self);

//  Where this element's state stands.
void *gradmq_plan_state (const gradmq_plan_t *self, size_t state, uint64_t element);

//  The greatest magnitude in the state.
double gradmq_plan_limit (const gradmq_plan_t *self);

//  Bytes of state and spares.
uint64_t gradmq_plan_bytes (const gradmq_plan_t *self);

#endif
