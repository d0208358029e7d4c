#include "cli/bench/learn/study.h"

#include "cli/bench/learn/encoder.h"

#include <math.h>

enum { TUNING_SEED = 1001 };

gradmq_err_t
gradmq_study_digits (const gradmq_trial_t *trial, const void *task, gradmq_trial_result_t *result,
                     gradmq_reason_t *reason)
{
    return gradmq_trial_run (trial, task, result, reason);
}

size_t
gradmq_study_bytes (const gradmq_study_t *self, const gradmq_arm_t *arm)
{
    gradmq_encoder_t encoder;
    gradmq_reason_t reason;
    gradmq_err_t err =
        gradmq_encoder_open (&encoder, gradmq_encoder_find (arm->encoding), self->layout, &reason);
    size_t size = err ? 0 : encoder.size;
    gradmq_encoder_close (&encoder);
    return size;
}

size_t
gradmq_study_contributions (const gradmq_study_t *self, const gradmq_arm_t *arm,
                            gradmq_equal_t equal)
{
    size_t bytes = gradmq_study_bytes (self, arm);
    if (equal == GRADMQ_EQUAL_BYTES && bytes)
        return self->gradients * gradmq_study_bytes (self, gradmq_arm_at (0)) / bytes;
    return arm->local_steps ? self->gradients / arm->local_steps : self->gradients;
}

bool
gradmq_study_bytes_differ (const gradmq_study_t *self, const gradmq_arm_t *arm)
{
    return arm->local_steps
           || gradmq_study_bytes (self, arm) != gradmq_study_bytes (self, gradmq_arm_at (0));
}

//  The objective at the end, over the tuning seeds. What does not end in a number is the worst.
static gradmq_err_t
s_objective (const gradmq_study_t *self, gradmq_trial_t trial, double *objective,
             gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    *objective = 0.0;
    for (size_t i = 0; i < self->tuning_seeds && !err; i++) {
        gradmq_trial_result_t result = {0};
        trial.seed = TUNING_SEED + i;
        err = self->run (&trial, self->task, &result, reason);
        *objective += isfinite (result.objective) ? result.objective : INFINITY;
    }
    return err;
}

gradmq_err_t
gradmq_study_tune (const gradmq_study_t *self, gradmq_trial_t *trial, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    double least = INFINITY;
    gradmq_trial_t tried = *trial;
    trial->rate = self->rates [0];
    trial->outer = trial->arm->outer [0];
    for (size_t o = 0; o < GRADMQ_ARM_OUTER_MAX && (o == 0 || trial->arm->outer [o] > 0.0); o++)
        for (size_t r = 0; r < self->rate_count && !err; r++) {
            double objective;
            tried.outer = trial->arm->outer [o];
            tried.rate = self->rates [r];
            err = s_objective (self, tried, &objective, reason);
            if (err || objective >= least)
                continue;
            least = objective;
            trial->outer = tried.outer;
            trial->rate = tried.rate;
        }
    return err;
}

gradmq_err_t
gradmq_study_measure (const gradmq_study_t *self, const gradmq_trial_t *trial,
                      gradmq_trial_result_t *results, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    gradmq_trial_t seeded = *trial;
    for (size_t i = 0; i < self->seeds && !err; i++) {
        seeded.seed = i + 1;
        err = self->run (&seeded, self->task, &results [i], reason);
    }
    return err;
}
