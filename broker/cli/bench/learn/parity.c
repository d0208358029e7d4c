#include "cli/bench/learn/parity.h"

#include "cli/bench/learn/worker.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { WORKERS = GRADMQ_SPLIT_WORKERS, PARAMETERS = GRADMQ_LOGISTIC_PARAMETERS };

#define RATE "0.1"
#define RATE_NUMBER 0.1

//  Roundings of a value from one version to the next, each by half a unit of the last place at most:
//  gradient, mean and parameter are written in single precision. A gradient is longer than a
//  parameter moves, by 1 / rate, and no value is greater than the greatest gradient element or
//  parameter.
#define ROUNDINGS 3.0

typedef struct {
    const gradmq_task_t *task;
    gradmq_host_t host;
    gradmq_split_t split;
    gradmq_learner_t workers [WORKERS];
    double w [PARAMETERS];  //  of the one process
    double greatest;        //  of a gradient or a parameter
} s_parity_t;

static gradmq_err_t
s_open (s_parity_t *self, gradmq_reason_t *reason)
{
    const gradmq_arm_t *mean = gradmq_arm_find ("mean");
    gradmq_err_t err = gradmq_split_evenly (&self->split, &self->task->train, reason);
    if (!err)
        err = gradmq_host_open (&self->host, "policy=bsp rule=mean learning_rate=" RATE,
                                self->task->layout, NULL, reason);
    for (size_t i = 0; i < WORKERS && !err; i++)
        err = gradmq_learner_open (&self->workers [i], mean, &self->task->train, &self->split, i, 1,
                                   &self->host, reason);
    return err;
}

//  One round of all workers, each with all its images.
static gradmq_err_t
s_round (s_parity_t *self, gradmq_reason_t *reason)
{
    double gradient [PARAMETERS];
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < WORKERS && !err; i++) {
        gradmq_learner_t *worker = &self->workers [i];
        gradmq_learner_begin (worker, &self->host);
        gradmq_logistic_gradient (worker->w, &self->task->train, worker->images,
                                  worker->image_count, gradient);
        err = gradmq_learner_push (worker, &self->host, gradient, reason);
    }
    return err;
}

//  The same by one process, in double precision.
static void
s_alone (s_parity_t *self)
{
    double gradient [PARAMETERS];
    gradmq_logistic_gradient (self->w, &self->task->train, self->split.images,
                              self->split.first [WORKERS], gradient);
    for (size_t j = 0; j < PARAMETERS; j++) {
        self->w [j] -= RATE_NUMBER * gradient [j];
        self->greatest = fmax (self->greatest, fmax (fabs (gradient [j]), fabs (self->w [j])));
    }
}

static void
s_compare (const s_parity_t *self, gradmq_parity_t *parity)
{
    double w [PARAMETERS];
    gradmq_host_parameters (&self->host, w);
    parity->difference = 0.0;
    for (size_t j = 0; j < PARAMETERS; j++)
        parity->difference = fmax (parity->difference, fabs (w [j] - self->w [j]));
    parity->allowed =
        ROUNDINGS * GRADMQ_PARITY_ROUNDS * 0.5 * (double) FLT_EPSILON * self->greatest;
}

gradmq_err_t
gradmq_parity (const gradmq_task_t *task, gradmq_parity_t *parity, gradmq_reason_t *reason)
{
    s_parity_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->task = task;
    gradmq_err_t err = s_open (self, reason);
    for (size_t round = 0; round < GRADMQ_PARITY_ROUNDS && !err; round++) {
        err = s_round (self, reason);
        s_alone (self);
    }
    if (!err && gradmq_model_version (self->host.engine->model) != GRADMQ_PARITY_ROUNDS)
        err = gradmq_refuse (reason, GRADMQ_ERR_INTERNAL, "%u rounds did not make as many versions",
                             GRADMQ_PARITY_ROUNDS);
    if (!err)
        s_compare (self, parity);
    for (size_t i = 0; i < WORKERS; i++)
        gradmq_learner_close (&self->workers [i]);
    gradmq_host_clear (&self->host);
    gradmq_split_clear (&self->split);
    free (self);
    return err;
}
