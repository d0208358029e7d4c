#include "cli/bench/learn/worker.h"

#include <string.h>

enum { PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS };

//  Stream of a worker's dice.
enum { IMAGES = 1000 };

gradmq_err_t
gradmq_learner_open (gradmq_learner_t *self, const gradmq_arm_t *arm, const gradmq_digits_t *digits,
                     const gradmq_split_t *split, size_t index, uint64_t seed, gradmq_host_t *host,
                     gradmq_reason_t *reason)
{
    double all = (double) split->first [GRADMQ_SPLIT_WORKERS];
    *self = (gradmq_learner_t){.digits = digits,
                               .images = split->images + split->first [index],
                               .image_count = gradmq_split_size (split, index),
                               .dice = gradmq_dice (seed, IMAGES + index)};
    self->weight = (double) self->image_count * GRADMQ_SPLIT_WORKERS / all;
    gradmq_err_t err = gradmq_encoder_open (&self->encoder, gradmq_encoder_find (arm->encoding),
                                            gradmq_model_layout (host->engine->model), reason);
    if (!err)
        err = gradmq_pacer_open (&self->pacer, arm, index, seed, host, reason);
    return err;
}

void
gradmq_learner_close (gradmq_learner_t *self)
{
    gradmq_encoder_close (&self->encoder);
    *self = (gradmq_learner_t){0};
}

void
gradmq_learner_begin (gradmq_learner_t *self, const gradmq_host_t *host)
{
    gradmq_host_parameters (host, self->w);
    gradmq_pacer_begin (&self->pacer, host);
}

void
gradmq_learner_gradient (gradmq_learner_t *self, const double *w, double *gradient)
{
    uint32_t batch [GRADMQ_WORKER_BATCH];
    for (size_t i = 0; i < GRADMQ_WORKER_BATCH; i++)
        batch [i] = self->images [gradmq_dice_below (&self->dice, self->image_count)];
    gradmq_logistic_gradient (w, self->digits, batch, GRADMQ_WORKER_BATCH, gradient);
}

void
gradmq_learner_compute (gradmq_learner_t *self, double rate, double *result)
{
    if (!self->pacer.arm->local_steps) {
        gradmq_learner_gradient (self, self->w, result);
        return;
    }
    double local [PARAMETERS], gradient [PARAMETERS];
    memcpy (local, self->w, sizeof local);
    for (size_t step = 0; step < self->pacer.arm->local_steps; step++) {
        gradmq_learner_gradient (self, local, gradient);
        for (size_t j = 0; j < PARAMETERS; j++)
            local [j] -= rate * gradient [j];
    }
    for (size_t j = 0; j < PARAMETERS; j++)
        result [j] = local [j] - self->w [j];
}

gradmq_err_t
gradmq_learner_push (gradmq_learner_t *self, gradmq_host_t *host, const double *result,
                     gradmq_reason_t *reason)
{
    const gradmq_rule_t *rule = gradmq_rule_find (host->engine->settings.rule);
    gradmq_gradient_t *header = &self->pacer.header;
    gradmq_pacer_stamp (&self->pacer);
    header->weight = rule && rule->weighs ? self->weight : 1.0;
    gradmq_err_t err = gradmq_encoder_encode (&self->encoder, result, header, reason);
    if (err)
        return err;
    return gradmq_host_push (host, header, self->encoder.bytes, self->encoder.size, reason);
}
