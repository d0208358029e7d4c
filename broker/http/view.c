#include "http/view.h"

#include <math.h>
#include <stdlib.h>

gradmq_view_t *
gradmq_view_new (gradmq_look_t **look_p)
{
    gradmq_view_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->look = *look_p;
    *look_p = NULL;
    self->gradient_norm = self->update_norm = NAN;
    atomic_init (&self->references, 1);
    return self;
}

gradmq_view_t *
gradmq_view_hold (gradmq_view_t *self)
{
    atomic_fetch_add (&self->references, 1);
    return self;
}

void
gradmq_view_release (gradmq_view_t **self_p)
{
    gradmq_view_t *self = *self_p;
    *self_p = NULL;
    if (!self || atomic_fetch_sub (&self->references, 1) > 1)
        return;
    gradmq_look_destroy (&self->look);
    free (self->step);
    free (self);
}

static double
s_rate (const gradmq_view_t *before, const gradmq_view_t *now, gradmq_counter_id_t id)
{
    uint64_t more = now->look->counters.value [id] - before->look->counters.value [id];
    return (double) more * 1000 / (double) (now->clock_ms - before->clock_ms);
}

gradmq_rates_t
gradmq_view_rates (const gradmq_view_t *before, const gradmq_view_t *now)
{
    if (!before || now->clock_ms <= before->clock_ms)
        return (gradmq_rates_t){0};
    return (gradmq_rates_t){
        .gradients = s_rate (before, now, GRADMQ_COUNTER_gradients_received),
        .bytes = s_rate (before, now, GRADMQ_COUNTER_gradients_bytes),
        .applied = s_rate (before, now, GRADMQ_COUNTER_applied),
        .steps = s_rate (before, now, GRADMQ_COUNTER_steps),
    };
}
