//  Pushing parameters instead of gradients, and what a push means for clock and round.

#include "push.h"
#include "worker.h"

uint32_t
gradmq_push_kind (const gradmq_push_t *push, uint32_t otherwise)
{
    return otherwise != GRADMQ_KIND_SKIP && push && push->kind ? push->kind : otherwise;
}

gradmq_err_t
gradmq_push_parameters (gradmq_push_t *push, gradmq_reason_t *why)
{
    if (push->kind == 0)
        push->kind = GRADMQ_MODEL_PARAMETERS;
    if (push->kind != GRADMQ_GRADIENT)
        return GRADMQ_OK;
    return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                          "a gradient is no parameters: push it, or say GRADMQ_DELTA or "
                          "GRADMQ_MODEL_PARAMETERS");
}

gradmq_err_t
gradmq_worker_add_model_parameters (gradmq_worker_t *self, const void *data, uint64_t bytes,
                                    const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_push_t said = push ? *push : (gradmq_push_t){0};
    gradmq_err_t err = gradmq_push_parameters (&said, why);
    return err ? err : gradmq_worker_push (self, data, bytes, &said, why);
}

void
gradmq_worker_pushed (gradmq_worker_t *self, const gradmq_push_t *push)
{
    bool has_clock = push && push->has_clock;
    uint64_t clock = has_clock ? push->clock : self->clock + 1;
    if ((!has_clock || push->last_of_clock) && clock > self->clock)
        self->clock = clock;
    gradmq_rounds_take (&self->rounds, self->stream.given_epoch, self->stream.given_version);
}

void
gradmq_worker_joined (gradmq_worker_t *self, const gradmq_reply_t *reply)
{
    const gradmq_joined_t *joined = &reply->joined;
    if (joined->start_clock > self->clock)
        self->clock = joined->start_clock;
    gradmq_rounds_hear (&self->rounds, reply->position.epoch, reply->position.version,
                        joined->round);
}
