//  Eight workers of different speeds and a coordinator, from the first gradient to the last. Time is an
//  order of events and nothing waits for it, so that a run is the same whenever it is made.

#ifndef GRADMQ_CLI_BENCH_LEARN_FLEET_H
#define GRADMQ_CLI_BENCH_LEARN_FLEET_H

#include "cli/bench/learn/arm.h"
#include "cli/bench/learn/attack.h"
#include "cli/bench/learn/digits.h"
#include "cli/bench/learn/logistic.h"
#include "tensor/layout.h"

//  What is learned, and what would be best. All zero: not open.
typedef struct {
    gradmq_digits_t train, test;
    gradmq_layout_t *layout;
    double optimum [GRADMQ_LOGISTIC_PARAMETERS];
    double optimum_norm;  //  of the gradient there
    gradmq_logistic_score_t best;
} gradmq_task_t;

#define GRADMQ_TASK_TOLERANCE 1e-8

//    owns    the caller clears *self, also on error
//    errors  those of gradmq_digits_load; INTERNAL: the optimum was not reached
GRADMQ_MUST_CHECK gradmq_err_t gradmq_task_open (gradmq_task_t *self, const char *path,
                                                 gradmq_reason_t *reason);
void gradmq_task_clear (gradmq_task_t *self);

//  One run.
typedef struct {
    const gradmq_arm_t *arm;
    gradmq_attack_id_t attack;
    size_t attackers;  //  the first of the workers
    uint64_t seed;
    size_t contributions;  //  that are handed in, over all workers
    double rate;           //  of the coordinator, or of the local steps
    double outer;          //  of the coordinator where there are local steps
} gradmq_trial_t;

typedef struct {
    double objective;     //  over all images to learn from
    double distance;      //  to the optimum
    double loss;          //  held out
    double accuracy;      //  held out
    uint64_t bad;         //  contributions of attackers
    uint64_t not_finite;  //  refused because of that
    uint64_t versions;
    uint64_t bytes;  //  of all payloads, where they are not of one size
} gradmq_trial_result_t;

//  What the coordinator of a run is set to. Rates go down to nothing over it: the coordinator's, or where there
//  are local steps, theirs.
//    shape  text [size]
void gradmq_trial_settings (const gradmq_trial_t *self, char *text, size_t size);

//    errors  MEMORY, and those of the coordinator; STATE: everybody waits for everybody
GRADMQ_MUST_CHECK gradmq_err_t gradmq_trial_run (const gradmq_trial_t *self,
                                                 const gradmq_task_t *task,
                                                 gradmq_trial_result_t *result,
                                                 gradmq_reason_t *reason);

#endif
