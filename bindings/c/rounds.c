#include "rounds.h"

static bool
s_at_base (const gradmq_rounds_t *self, uint64_t epoch, uint64_t version)
{
    return epoch == self->base_epoch && version == self->base_version;
}

void
gradmq_rounds_hear (gradmq_rounds_t *self, uint64_t epoch, uint64_t version, uint64_t round)
{
    if (round == 0)
        return;
    self->epoch = epoch;
    self->version = version;
    self->round = round;
    if (!s_at_base (self, epoch, version))
        return;
    if (self->taken && round > self->taken)
        self->over = true;
    else
        self->taken = round;
}

//  The round that is open at this position; 0: not known. A round that makes a version is followed by
//  the next one: between two versions of an epoch as many rounds pass as versions, and those that
//  were told of.
static uint64_t
s_round (const gradmq_rounds_t *self, uint64_t epoch, uint64_t version)
{
    if (!self->round || epoch != self->epoch || version < self->version)
        return 0;
    return self->round + (version - self->version);
}

void
gradmq_rounds_passed (gradmq_rounds_t *self, uint64_t epoch, uint64_t version)
{
    uint64_t round = s_round (self, epoch, version);
    if (round)
        gradmq_rounds_hear (self, epoch, version, round + 1);
    if (s_at_base (self, epoch, version))
        self->over = true;
}

void
gradmq_rounds_take (gradmq_rounds_t *self, uint64_t epoch, uint64_t version)
{
    self->base_epoch = epoch;
    self->base_version = version;
    self->over = false;
    self->taken = s_round (self, epoch, version);
}

void
gradmq_rounds_forget (gradmq_rounds_t *self)
{
    self->epoch = self->version = self->round = self->taken = 0;
}

uint64_t
gradmq_rounds_open (const gradmq_rounds_t *self)
{
    return self->taken ? self->taken : self->round;
}
