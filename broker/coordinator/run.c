#include "coordinator/engine.h"

#include "coordinator/recording.h"

//  After RUN_MS others have their turn: a Stop, a heartbeat.
enum { AT_A_TIME = 64, RUN_MS = 50 };

//  Norms cost a pass or two over the model, so they are taken this often.
enum { MEASURE_MS = 1000 };

//  Apply gradients from the front of the queue, each a step.
static size_t
s_apply (gradmq_engine_t *self, size_t most)
{
    gradmq_gradient_t *gradients [AT_A_TIME];
    gradmq_outcome_t outcomes [AT_A_TIME];
    size_t count = gradmq_engine_pass (self, gradients, most < AT_A_TIME ? most : AT_A_TIME);
    gradmq_step_report_t report;
    uint64_t version = gradmq_model_version (self->model), begin = gradmq_clock_us (&self->clock);
    size_t done = gradmq_step_apply (self->step, self->model, gradients, count, outcomes, &report);
    gradmq_engine_note (self, &report, begin);
    gradmq_recording_gradients (self, gradients, outcomes, done, version);
    for (size_t i = 0; i < done; i++) {
        gradmq_entry_t *entry = gradmq_queue_pop (&self->queue);
        gradmq_engine_dispose (self, &entry, &outcomes [i]);
    }
    return done;
}

static void
s_measure (gradmq_engine_t *self, uint64_t now_ms)
{
    if (now_ms - self->measured_ms < MEASURE_MS)
        return;
    self->measured_ms = now_ms;
    gradmq_step_measure (self->step);
}

//  What is held comes first again, in its old order, but not before what has had its turn.
static void
s_release (gradmq_engine_t *self, bool alone)
{
    const gradmq_entry_t *first = self->queue.first;
    if (alone && self->sync.policy->turn && first && first->had_turn)
        return;
    if (gradmq_sync_released (&self->sync))
        gradmq_queue_put_back (&self->queue, &self->held);
}

static bool
s_due (const gradmq_engine_t *self, uint64_t now_ms)
{
    return !gradmq_policy_alone (self->sync.policy, &self->settings)
           && gradmq_sync_due (&self->sync, &self->settings, now_ms);
}

//  Time is counted as waited where gradients that arrived are not applied because of others.
static void
s_count_waiting (gradmq_engine_t *self, uint64_t now_ms)
{
    if (self->waits && self->state == GRADMQ_STATE_RUNNING)
        gradmq_count (&self->counters, GRADMQ_COUNTER_waited_ms, now_ms - self->looked_ms);
    self->looked_ms = now_ms;
}

bool
gradmq_engine_run (gradmq_engine_t *self, size_t most)
{
    uint64_t now = gradmq_clock_ms (&self->clock), end = now + RUN_MS;
    bool alone = gradmq_policy_alone (self->sync.policy, &self->settings);
    s_count_waiting (self, now);
    s_measure (self, now);
    gradmq_step_set_members (self->step, gradmq_members_count (self->members));
    for (; self->state == GRADMQ_STATE_RUNNING && now < end; now = gradmq_clock_ms (&self->clock)) {
        s_release (self, alone);
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
    self->waits = self->open.count || self->held.count;
    return self->state == GRADMQ_STATE_RUNNING && (self->queue.count || self->sync.release);
}
