#include "record/playing.h"

#include <inttypes.h>
#include <stdlib.h>

static gradmq_err_t
s_refuse (gradmq_reason_t *reason, const char *what)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%s", what);
}

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

void
gradmq_player_drop_open (gradmq_player_t *self)
{
    for (size_t i = 0; i < self->open_count; i++) {
        gradmq_gradient_clear (&self->open [i]->body.gradient);
        free (self->open [i]->memory);
        free (self->open [i]);
    }
    self->open_count = 0;
}

static bool
s_alone (const gradmq_player_t *self)
{
    return gradmq_policy_alone (gradmq_policy_find (self->settings.policy), &self->settings);
}

//  Hold what a step came to against what the recording says.
static gradmq_err_t
s_compare (gradmq_player_t *self, uint64_t version, size_t gradients,
           const gradmq_outcome_t *outcome, uint64_t steps, gradmq_reason_t *reason)
{
    uint64_t here = gradmq_model_version (self->model);
    if (here != version)
        return gradmq_refuse (
            reason, GRADMQ_ERR_DIFFERS,
            "the recording comes to version %" PRIu64 " here and the replay to %" PRIu64 "%s%.300s",
            version, here, outcome->code ? ": " : "", gradmq_reason_text (&outcome->reason));
    self->played.gradients += gradients;
    self->played.steps += steps;
    self->played.skipped += steps ? 0 : 1;
    return GRADMQ_OK;
}

//  What became of a gradient of the step. A journal's own word of it stands behind the step and may have
//  been cut off; its worker would send it again, to a model that has it.
static void
s_tell (const gradmq_player_t *self, const gradmq_gradient_t *gradient,
        const gradmq_outcome_t *outcome)
{
    const gradmq_watcher_t *watcher = &self->watcher;
    if (self->borrows)
        watcher->disposed (watcher->context, gradient->worker, gradient->incarnation,
                           gradient->sequence, (uint32_t) outcome->disposition,
                           (uint32_t) outcome->code);
}

gradmq_err_t
gradmq_player_gradient (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    gradmq_gradient_body_t one;
    if (!s_alone (self))
        return s_refuse (reason, "the settings in force make no step of one gradient");
    gradmq_err_t err = gradmq_body_gradient (body, true, layout, &one, reason);
    if (err)
        return err;
    gradmq_gradient_t *gradient = &one.gradient;
    gradmq_outcome_t outcome;
    gradmq_step_report_t report;
    err = gradmq_step_check_values (self->step, gradient, layout, reason);
    if (!err) {
        gradmq_step_apply (self->step, self->model, &gradient, 1, &outcome, &report);
        err = s_compare (self, one.version, 1, &outcome, report.steps, reason);
        if (!err)
            s_tell (self, gradient, &outcome);
    }
    gradmq_gradient_clear (gradient);
    return err;
}

//  Read it and let it have its turn.
static gradmq_err_t
s_open_contribution (gradmq_player_t *self, gradmq_played_contribution_t *one, gradmq_cursor_t body,
                     gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    gradmq_err_t err = gradmq_body_gradient (body, false, layout, &one->body, reason);
    if (err)
        return err;
    gradmq_outcome_t outcome = {0};
    err = gradmq_step_check_values (self->step, &one->body.gradient, layout, reason);
    if (!err && !gradmq_step_turn (self->step, self->model, &one->body.gradient, &outcome))
        err = gradmq_refuse (reason, GRADMQ_ERR_DIFFERS,
                             "the recording takes a contribution that the replay refuses: %.300s",
                             gradmq_reason_text (&outcome.reason));
    if (err)
        gradmq_gradient_clear (&one->body.gradient);
    return err;
}

gradmq_err_t
gradmq_player_contribution (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    if (s_alone (self))
        return s_refuse (reason, "the settings in force make a step of each gradient");
    if (self->open_count == GRADMQ_CONTRIBUTIONS_MAX)
        return s_refuse (reason, "the open step has too many contributions");
    gradmq_played_contribution_t *one = calloc (1, sizeof *one);
    if (!one)
        return s_no_memory (reason);
    gradmq_err_t err = s_open_contribution (self, one, body, reason);
    if (err) {
        free (one);
        return err;
    }
    one->memory = gradmq_record_take (self->reader);
    one->lsn = self->played.records;
    self->open [self->open_count++] = one;
    return GRADMQ_OK;
}

//  The contribution of this number, which no other place of the step has.
static gradmq_played_contribution_t *
s_take (gradmq_player_t *self, uint64_t lsn)
{
    size_t first = 0, end = self->open_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (self->open [middle]->lsn < lsn)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == self->open_count || self->open [first]->lsn != lsn || self->open [first]->taken)
        return NULL;
    self->open [first]->taken = true;
    return self->open [first];
}

static gradmq_err_t
s_close (gradmq_player_t *self, const gradmq_closed_body_t *body,
         const gradmq_gradient_t **gradients, gradmq_outcome_t *outcomes, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < body->count; i++) {
        gradmq_played_contribution_t *one =
            s_take (self, gradmq_get_u64 (body->lsns + i * sizeof (uint64_t)));
        if (!one)
            return s_refuse (reason, "a contribution that it lists is not in the open step");
        gradients [i] = &one->body.gradient;
    }
    gradmq_step_report_t report;
    gradmq_step_close (self->step, self->model, gradients, body->count, outcomes, &report);
    gradmq_err_t err =
        s_compare (self, body->version, body->count, &outcomes [0], report.steps, reason);
    for (size_t i = 0; i < body->count && !err; i++)
        s_tell (self, gradients [i], &outcomes [i]);
    return err;
}

gradmq_err_t
gradmq_player_step (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_closed_body_t step;
    gradmq_err_t err = gradmq_body_step (body, &step, reason);
    if (err)
        return err;
    if (s_alone (self))
        return s_refuse (reason, "the settings in force make a step of each gradient");
    if (step.count == 0 || step.count > self->open_count)
        return s_refuse (reason, "it does not list contributions of the open step");
    const gradmq_gradient_t **gradients = calloc (step.count, sizeof (gradmq_gradient_t *));
    gradmq_outcome_t *outcomes = calloc (step.count, sizeof *outcomes);
    if (gradients && outcomes)
        err = s_close (self, &step, gradients, outcomes, reason);
    else
        err = s_no_memory (reason);
    free (gradients);
    free (outcomes);
    gradmq_player_drop_open (self);
    return err;
}
