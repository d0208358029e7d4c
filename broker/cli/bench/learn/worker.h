//  One worker of `bench convergence`: takes parameters, learns from its own images, hands in.

#ifndef GRADMQ_CLI_BENCH_LEARN_WORKER_H
#define GRADMQ_CLI_BENCH_LEARN_WORKER_H

#include "cli/bench/learn/encoder.h"
#include "cli/bench/learn/logistic.h"
#include "cli/bench/learn/pacer.h"
#include "cli/bench/learn/split.h"

//  Images that a gradient is made from.
#define GRADMQ_WORKER_BATCH 32u

typedef struct {
    gradmq_pacer_t pacer;
    const gradmq_digits_t *digits;
    const uint32_t *images;  //  its part
    size_t image_count;
    double weight;  //  its share of all images, times the workers there are
    gradmq_dice_t dice;
    double w [GRADMQ_LOGISTIC_PARAMETERS];
    gradmq_encoder_t encoder;
} gradmq_learner_t;

//  Make worker number `index` of this split, and join.
//    owns    the caller closes *self, also on error
//    errors  MEMORY, and those of gradmq_host_join
GRADMQ_MUST_CHECK gradmq_err_t gradmq_learner_open (gradmq_learner_t *self, const gradmq_arm_t *arm,
                                                    const gradmq_digits_t *digits,
                                                    const gradmq_split_t *split, size_t index,
                                                    uint64_t seed, gradmq_host_t *host,
                                                    gradmq_reason_t *reason);
void gradmq_learner_close (gradmq_learner_t *self);

//  Take the newest parameters and begin to compute.
void gradmq_learner_begin (gradmq_learner_t *self, const gradmq_host_t *host);

//  A gradient at parameters w, of a random batch of its images.
void gradmq_learner_gradient (gradmq_learner_t *self, const double *w, double *gradient);

//  What it hands in: a gradient, or the difference that local steps of this rate make.
void gradmq_learner_compute (gradmq_learner_t *self, double rate, double *result);

//  Hand it in.
//    errors  those of gradmq_encoder_encode and gradmq_host_push
GRADMQ_MUST_CHECK gradmq_err_t gradmq_learner_push (gradmq_learner_t *self, gradmq_host_t *host,
                                                    const double *result, gradmq_reason_t *reason);

#endif
