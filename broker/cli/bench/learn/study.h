//  Arms over several seeds: rates are tuned on seeds of their own, and all arms are measured on the same
//  ones.

#ifndef GRADMQ_CLI_BENCH_LEARN_STUDY_H
#define GRADMQ_CLI_BENCH_LEARN_STUDY_H

#include "cli/bench/learn/fleet.h"

#define GRADMQ_STUDY_SEEDS_MAX 30u

//  How an arm is run on what is learned, which only this function looks into.
typedef gradmq_err_t (gradmq_study_run_fn) (const gradmq_trial_t *trial, const void *task,
                                            gradmq_trial_result_t *result, gradmq_reason_t *reason);

typedef struct {
    gradmq_study_run_fn *run;
    const void *task;         //  of `run`
    gradmq_layout_t *layout;  //  of the model; borrowed
    size_t seeds;             //  that are measured: 1, 2, 3 ...
    size_t tuning_seeds;      //  that rates are chosen on: from 1001 on
    size_t gradients;         //  that a run may compute
    const double *rates;      //  that are tried
    size_t rate_count;
} gradmq_study_t;

//  gradmq_trial_run, for a gradmq_task_t.
gradmq_study_run_fn gradmq_study_digits;

//  What is the same for two arms that are compared.
typedef enum { GRADMQ_EQUAL_GRADIENTS, GRADMQ_EQUAL_BYTES } gradmq_equal_t;

//  Bytes of an arm's contribution; 0: out of memory.
size_t gradmq_study_bytes (const gradmq_study_t *self, const gradmq_arm_t *arm);

//  Contributions that an arm may hand in.
size_t gradmq_study_contributions (const gradmq_study_t *self, const gradmq_arm_t *arm,
                                   gradmq_equal_t equal);

//  True when an arm does not send as many bytes a gradient as the first one.
bool gradmq_study_bytes_differ (const gradmq_study_t *self, const gradmq_arm_t *arm);

//  Fill in the rates under which the objective ends lowest.
//    errors  those of self->run
GRADMQ_MUST_CHECK gradmq_err_t gradmq_study_tune (const gradmq_study_t *self, gradmq_trial_t *trial,
                                                  gradmq_reason_t *reason);

//    shape   results [seeds]
//    errors  those of self->run
GRADMQ_MUST_CHECK gradmq_err_t gradmq_study_measure (const gradmq_study_t *self,
                                                     const gradmq_trial_t *trial,
                                                     gradmq_trial_result_t *results,
                                                     gradmq_reason_t *reason);

#endif
