#include "cli/bench/learn/pacer.h"

#include <math.h>

//  Stream of a worker's dice.
enum { HASTE = 2000 };

#define A_GRADIENT_US 10000.0
#define SPEED_DEVIATION 0.5  //  of the logarithm, between workers
#define HASTE_DEVIATION 0.3  //  of the logarithm, from one gradient to the next

gradmq_err_t
gradmq_pacer_open (gradmq_pacer_t *self, const gradmq_arm_t *arm, size_t index, uint64_t seed,
                   gradmq_host_t *host, gradmq_reason_t *reason)
{
    *self = (gradmq_pacer_t){.arm = arm, .haste = gradmq_dice (seed, HASTE + index)};
    self->speed = A_GRADIENT_US * exp (SPEED_DEVIATION * gradmq_dice_normal (&self->haste));
    gradmq_gradient_init (&self->header);
    snprintf (self->header.worker, sizeof self->header.worker, "worker-%zu", index + 1);
    return gradmq_host_join (host, self->header.worker, &self->header.incarnation, reason);
}

void
gradmq_pacer_begin (gradmq_pacer_t *self, const gradmq_host_t *host)
{
    gradmq_position_t position = gradmq_engine_position (host->engine);
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
gradmq_pacer_may_begin (const gradmq_pacer_t *self, const gradmq_host_t *host)
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
gradmq_pacer_stamp (gradmq_pacer_t *self)
{
    gradmq_gradient_t *header = &self->header;
    header->sequence++;
    header->low_water = 1;
    header->kind = self->arm->local_steps ? GRADMQ_KIND_DELTA : GRADMQ_KIND_GRADIENT;
    header->has_clock = header->last_of_clock = self->arm->pace == GRADMQ_PACE_CLOCK;
    header->clock += header->has_clock;
}
