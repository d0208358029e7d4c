#include "cli/bench/learn/fleet.h"

#include "cli/bench/learn/worker.h"

#include <math.h>
#include <stdlib.h>

enum { WORKERS = GRADMQ_SPLIT_WORKERS, PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS, TEXT_BYTES = 256 };

//  How unevenly labels are dealt out.
#define ALPHA 1.0

//  Streams of a run's dice; those of the workers are in worker.c.
enum { SPLIT = 1, POISON = 2 };

typedef struct {
    const gradmq_trial_t *trial;
    gradmq_host_t host;
    gradmq_split_t split;
    gradmq_dice_t poison;
    gradmq_learner_t workers [WORKERS];
    double others [WORKERS * PARAMETERS];
    uint64_t bad;
} s_fleet_t;

//  ------------------------------------------------------------------------------------------------
//  The task

static gradmq_err_t
s_layout (gradmq_layout_t **layout_p, gradmq_reason_t *reason)
{
    static const uint64_t weight [] = {GRADMQ_DIGITS_PIXELS, GRADMQ_DIGITS_CLASSES};
    static const uint64_t bias [] = {GRADMQ_DIGITS_CLASSES};
    const gradmq_tensor_spec_t specs [] = {{"weight", 2, weight}, {"bias", 1, bias}};
    return gradmq_layout_open (layout_p, specs, 2, GRADMQ_DTYPE_F32, reason);
}

gradmq_err_t
gradmq_task_open (gradmq_task_t *self, const char *path, gradmq_reason_t *reason)
{
    *self = (gradmq_task_t){0};
    gradmq_err_t err = gradmq_digits_load (&self->train, &self->test, path, reason);
    if (!err)
        err = s_layout (&self->layout, reason);
    if (err)
        return err;
    self->optimum_norm =
        gradmq_logistic_optimum (&self->train, GRADMQ_TASK_TOLERANCE, self->optimum);
    if (!(self->optimum_norm <= GRADMQ_TASK_TOLERANCE))
        return gradmq_refuse (reason, GRADMQ_ERR_INTERNAL,
                              "%s: the optimum was not found; its gradient is still %g long", path,
                              self->optimum_norm);
    self->best = gradmq_logistic_score (self->optimum, &self->test);
    return GRADMQ_OK;
}

void
gradmq_task_clear (gradmq_task_t *self)
{
    gradmq_digits_clear (&self->train);
    gradmq_digits_clear (&self->test);
    gradmq_layout_release (&self->layout);
}

//  ------------------------------------------------------------------------------------------------
//  A run

void
gradmq_trial_settings (const gradmq_trial_t *self, char *text, size_t size)
{
    size_t versions = self->contributions / self->arm->per_version;
    if (self->arm->local_steps)
        snprintf (text, size, "%s learning_rate=%.17g", self->arm->settings, self->outer);
    else
        snprintf (text, size, "%s learning_rate=%.17g schedule=linear schedule_steps=%zu",
                  self->arm->settings, self->rate, versions ? versions : 1);
}

static gradmq_err_t
s_open (s_fleet_t *self, const gradmq_task_t *task, gradmq_reason_t *reason)
{
    char settings [TEXT_BYTES];
    const gradmq_trial_t *trial = self->trial;
    gradmq_dice_t dice = gradmq_dice (trial->seed, SPLIT);
    self->poison = gradmq_dice (trial->seed, POISON);
    gradmq_trial_settings (trial, settings, sizeof settings);
    gradmq_err_t err = gradmq_split (&self->split, &task->train, ALPHA, &dice, reason);
    if (!err)
        err = gradmq_host_open (&self->host, settings, task->layout, NULL, reason);
    for (size_t i = 0; i < WORKERS && !err; i++)
        err = gradmq_learner_open (&self->workers [i], trial->arm, &task->train, &self->split, i,
                                   trial->seed, &self->host, reason);
    for (size_t i = 0; i < WORKERS && !err; i++)
        gradmq_learner_begin (&self->workers [i], &self->host);
    return err;
}

//  Who is ready next; NULL: everybody waits.
static gradmq_learner_t *
s_next (s_fleet_t *self)
{
    gradmq_learner_t *next = NULL;
    for (size_t i = 0; i < WORKERS; i++)
        if (!self->workers [i].pacer.waits
            && (!next || self->workers [i].pacer.ready_us < next->pacer.ready_us))
            next = &self->workers [i];
    return next;
}

static void
s_poison (s_fleet_t *self, const gradmq_learner_t *worker, double *gradient)
{
    const gradmq_trial_t *trial = self->trial;
    size_t honest = WORKERS - trial->attackers;
    self->bad++;
    for (size_t i = 0; trial->attack == GRADMQ_ATTACK_LITTLE && i < honest; i++)
        gradmq_learner_gradient (&self->workers [trial->attackers + i], worker->w,
                                 self->others + i * PARAMETERS);
    gradmq_attack (trial->attack, &self->poison, self->others, honest, gradient, PARAMETERS);
}

//  The next gradient, and whoever may go on because of it.
static gradmq_err_t
s_advance (s_fleet_t *self, size_t done, gradmq_reason_t *reason)
{
    double result [PARAMETERS];
    gradmq_learner_t *worker = s_next (self);
    if (!worker)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE,
                              "%s: all workers wait, and no step can be made",
                              self->trial->arm->name);
    double left = 1.0 - (double) done / (double) self->trial->contributions;
    self->host.now_us = worker->pacer.ready_us;
    gradmq_learner_compute (worker, self->trial->rate * left, result);
    if ((size_t) (worker - self->workers) < self->trial->attackers)
        s_poison (self, worker, result);
    gradmq_err_t err = gradmq_learner_push (worker, &self->host, result, reason);
    worker->pacer.waits = true;
    for (size_t i = 0; i < WORKERS && !err; i++)
        if (self->workers [i].pacer.waits
            && gradmq_pacer_may_begin (&self->workers [i].pacer, &self->host))
            gradmq_learner_begin (&self->workers [i], &self->host);
    return err;
}

static void
s_score (const s_fleet_t *self, const gradmq_task_t *task, gradmq_trial_result_t *result)
{
    double w [PARAMETERS], gradient [PARAMETERS], squares = 0.0;
    gradmq_host_parameters (&self->host, w);
    gradmq_logistic_score_t score = gradmq_logistic_score (w, &task->test);
    for (size_t j = 0; j < PARAMETERS; j++)
        squares += (w [j] - task->optimum [j]) * (w [j] - task->optimum [j]);
    *result = (gradmq_trial_result_t){
        .objective = gradmq_logistic_gradient (w, &task->train, NULL, task->train.count, gradient),
        .distance = sqrt (squares),
        .loss = score.loss,
        .accuracy = score.accuracy,
        .bad = self->bad,
        .not_finite = gradmq_host_refused (&self->host, GRADMQ_ERR_NON_FINITE),
        .versions = gradmq_model_version (self->host.engine->model)};
}

gradmq_err_t
gradmq_trial_run (const gradmq_trial_t *self, const gradmq_task_t *task,
                  gradmq_trial_result_t *result, gradmq_reason_t *reason)
{
    s_fleet_t *fleet = calloc (1, sizeof *fleet);
    if (!fleet)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    fleet->trial = self;
    gradmq_err_t err = s_open (fleet, task, reason);
    for (size_t done = 0; done < self->contributions && !err; done++)
        err = s_advance (fleet, done, reason);
    if (!err)
        s_score (fleet, task, result);
    for (size_t i = 0; i < WORKERS; i++)
        gradmq_learner_close (&fleet->workers [i]);
    gradmq_host_clear (&fleet->host);
    gradmq_split_clear (&fleet->split);
    free (fleet);
    return err;
}
