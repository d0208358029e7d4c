#include "cli/bench/learn/worker.h"

#include <math.h>
#include <string.h>

enum { PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS };

//  Streams of a worker's dice.
enum { IMAGES = 1000, HASTE = 2000 };

#define A_GRADIENT_US 10000.0
#define SPEED_DEVIATION 0.5  //  of the logarithm, between workers
#define HASTE_DEVIATION 0.3  //  of the logarithm, from one gradient to the next

gradmq_err_t
gradmq_learner_open (gradmq_learner_t *self, const gradmq_arm_t *arm, const gradmq_digits_t *digits,
                     const gradmq_split_t *split, size_t index, uint64_t seed, gradmq_host_t *host,
                     gradmq_reason_t *reason)
{
    double all = (double) split->first [GRADMQ_SPLIT_WORKERS];
    *self = (gradmq_learner_t){.arm = arm,
                               .digits = digits,
                               .images = split->images + split->first [index],
                               .image_count = gradmq_split_size (split, index),
                               .dice = gradmq_dice (seed, IMAGES + index),
                               .haste = gradmq_dice (seed, HASTE + index)};
    self->weight = (double) self->image_count * GRADMQ_SPLIT_WORKERS / all;
    self->speed = A_GRADIENT_US * exp (SPEED_DEVIATION * gradmq_dice_normal (&self->haste));
    gradmq_gradient_init (&self->header);
    snprintf (self->header.worker, sizeof self->header.worker, "worker-%zu", index + 1);
    gradmq_err_t err = gradmq_encoder_open (&self->encoder, gradmq_encoder_find (arm->encoding),
                                            gradmq_model_layout (host->engine->model), reason);
    if (!err)
        err = gradmq_host_join (host, self->header.worker, &self->header.incarnation, reason);
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
    gradmq_position_t position = gradmq_engine_position (host->engine);
    gradmq_host_parameters (host, self->w);
    self->header.has_base = true;
    self->header.base_epoch = position.epoch;
    self->header.base_version = position.version;
    self->round = host->engine->sync.round;
    self->waits = false;
    size_t steps = self->arm->local_steps ? self->arm->local_steps : 1;
    double chance = exp (HASTE_DEVIATION * gradmq_dice_normal (&self->haste));
    self->ready_us = host->now_us + (uint64_t) (self->speed * chance * (double) steps) + 1;
}

bool
gradmq_learner_may_begin (const gradmq_learner_t *self, const gradmq_host_t *host)
{
    const gradmq_engine_t *engine = host->engine;
    switch (self->arm->pace) {
        case GRADMQ_PACE_ROUND:
            return engine->sync.round > self->round;
        case GRADMQ_PACE_CLOCK:
            return self->header.clock <= engine->sync.min_clock + engine->settings.clock_bound;
        case GRADMQ_PACE_FREELY:
            break;
    }
    return true;
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
    if (!self->arm->local_steps) {
        gradmq_learner_gradient (self, self->w, result);
        return;
    }
    double local [PARAMETERS], gradient [PARAMETERS];
    memcpy (local, self->w, sizeof local);
    for (size_t step = 0; step < self->arm->local_steps; step++) {
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
    gradmq_gradient_t *header = &self->header;
    header->sequence++;
    header->low_water = 1;
    header->kind = self->arm->local_steps ? GRADMQ_KIND_DELTA : GRADMQ_KIND_GRADIENT;
    header->weight = rule && rule->weighs ? self->weight : 1.0;
    header->has_clock = header->last_of_clock = self->arm->pace == GRADMQ_PACE_CLOCK;
    header->clock += header->has_clock;
    gradmq_err_t err = gradmq_encoder_encode (&self->encoder, result, header, reason);
    if (err)
        return err;
    return gradmq_host_push (host, header, self->encoder.bytes, self->encoder.size, reason);
}
