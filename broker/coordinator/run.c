#include "coordinator/engine.h"

#include <math.h>

//  After RUN_MS others have their turn: a Stop, a heartbeat.
enum { AT_A_TIME = 64, RUN_MS = 50 };

//  Apply gradients from the front of the queue, each a step.
static size_t
s_apply (gradmq_engine_t *self, size_t most)
{
    gradmq_gradient_t *gradients [AT_A_TIME];
    gradmq_outcome_t outcomes [AT_A_TIME];
    size_t count = gradmq_engine_pass (self, gradients, most < AT_A_TIME ? most : AT_A_TIME);
    gradmq_step_report_t report = {.gradient_norm = NAN};
    size_t done = gradmq_step_apply (self->step, self->model, gradients, count, outcomes, &report);
    gradmq_engine_note (self, &report);
    for (size_t i = 0; i < done; i++) {
        gradmq_entry_t *entry = gradmq_queue_pop (&self->queue);
        gradmq_engine_dispose (self, &entry, &outcomes [i]);
    }
    return done;
}

//  What is held comes first again, in its old order.
static void
s_release (gradmq_engine_t *self)
{
    if (gradmq_sync_released (&self->sync))
        gradmq_queue_put_back (&self->queue, &self->held);
}

static bool
s_due (const gradmq_engine_t *self, uint64_t now_ms)
{
    return !gradmq_policy_alone (self->sync.policy, &self->settings)
           && gradmq_sync_due (&self->sync, &self->settings, now_ms);
}

bool
gradmq_engine_run (gradmq_engine_t *self, size_t most)
{
    uint64_t now = gradmq_clock_ms (&self->clock), end = now + RUN_MS;
    bool alone = gradmq_policy_alone (self->sync.policy, &self->settings);
    gradmq_step_set_members (self->step, gradmq_members_count (self->members));
    for (; self->state == GRADMQ_STATE_RUNNING && now < end; now = gradmq_clock_ms (&self->clock)) {
        s_release (self);
        if (s_due (self, now))
            gradmq_engine_close_step (self);
        else if (!self->queue.count || !most)
            break;
        else if (alone)
            most -= s_apply (self, most);
        else {
            gradmq_engine_turn (self);
            most--;
        }
    }
    return self->state == GRADMQ_STATE_RUNNING && (self->queue.count || self->sync.release);
}
