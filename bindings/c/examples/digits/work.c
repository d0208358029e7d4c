//  A worker: takes parameters, computes a gradient of its part of the images, pushes it. Under policy
//  merge it takes some steps by itself and pushes by how much its parameters have changed.

#include "batch.h"
#include "manner.h"
#include "options.h"
#include "recipe.h"

#include <gradmq.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 30000u

typedef struct {
    const digits_options_t *options;
    digits_manner_t manner;
    gradmq_worker_t *worker;
    digits_network_t *network;
    digits_batch_t *batch;
    digits_adam_t adam;  //  where it trains by itself
    float gradient [DIGITS_PARAMETERS];
    float trained [DIGITS_PARAMETERS];
    uint64_t late;  //  gradients that came when their round was closed
} work_t;

static void
s_not_applied (const gradmq_verdict_t *verdict, void *context)
{
    work_t *self = context;
    if (verdict->code == GRADMQ_ERR_LATE)
        self->late++;
    else
        fprintf (stderr, "gradient %" PRIu64 " was not applied: %s: %s\n", verdict->sequence,
                 verdict->name, verdict->text);
}

//  Train by itself; what is left in `gradient` is by how much the parameters have changed.
static void
s_train (work_t *self, const float *parameters, digits_score_t *score)
{
    memcpy (self->trained, parameters, sizeof self->trained);
    for (uint64_t i = 0; i < self->options->local_steps; i++) {
        digits_network_score (self->network, self->trained, digits_batch_next (self->batch),
                              self->gradient, score);
        digits_adam_step (&self->adam, self->trained, self->gradient);
    }
    for (size_t i = 0; i < DIGITS_PARAMETERS; i++)
        self->gradient [i] = self->trained [i] - parameters [i];
}

//  One push. In step: from the next version, so that each round is answered once. Else from the newest
//  that has arrived.
static gradmq_err_t
s_step (work_t *self, gradmq_reason_t *why)
{
    gradmq_parameters_view_t view;
    gradmq_which_t which = self->manner.in_step ? GRADMQ_NEXT : GRADMQ_NEWEST;
    gradmq_err_t err = gradmq_worker_parameters (self->worker, which, &view, why);
    if (err)
        return err;
    digits_score_t score = {0};
    if (self->manner.trains)
        s_train (self, view.data, &score);
    else
        digits_network_score (self->network, view.data, digits_batch_next (self->batch),
                              self->gradient, &score);
    gradmq_metric_info_t metrics [] = {{"loss", score.loss, DIGITS_BATCH},
                                       {"accuracy", score.accuracy, DIGITS_BATCH}};
    gradmq_push_t push = {.metrics = metrics,
                          .metric_count = 2,
                          .kind = self->manner.trains ? GRADMQ_DELTA : GRADMQ_GRADIENT};
    return gradmq_worker_push (self->worker, self->gradient, sizeof self->gradient, &push, why);
}

//  Push until so many are applied, as far as lateness goes: who joins while others go on comes late.
static gradmq_err_t
s_push_all (work_t *self, gradmq_reason_t *why)
{
    gradmq_err_t err = GRADMQ_OK;
    uint64_t pushed = 0;
    while (!err && pushed < self->options->gradients + self->late) {
        for (; !err && pushed < self->options->gradients + self->late; pushed++)
            err = s_step (self, why);
        if (!err)
            err = gradmq_worker_flush (self->worker, SETTLE_MS, why);
    }
    return err;
}

//  Push all gradients and wait until they are settled.
static bool
s_work (work_t *self)
{
    const uint64_t gradients = self->options->gradients;
    gradmq_reason_t why = {0};
    gradmq_worker_on_verdict (self->worker, s_not_applied, self);
    if (gradmq_worker_elements (self->worker) != DIGITS_PARAMETERS) {
        fprintf (stderr,
                 "gradmq-digits work: the coordinator holds another network: %" PRIu64
                 " parameters instead of %u\n",
                 gradmq_worker_elements (self->worker), DIGITS_PARAMETERS);
        return false;
    }
    gradmq_err_t err = s_push_all (self, &why);
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (self->worker, &stats);
    if (err)
        fprintf (stderr, "gradmq-digits work: %s\n", why.text);
    else if (stats.applied != gradients)
        fprintf (stderr, "gradmq-digits work: %" PRIu64 " of %" PRIu64 " gradients were applied\n",
                 stats.applied, gradients);
    printf ("%s: %" PRIu64 " pushed, %" PRIu64 " applied, %" PRIu64 " late, %" PRIu64
            " sent again, %" PRIu64 " updates received, %" PRIu64 " gaps\n",
            gradmq_worker_name (self->worker), stats.pushed, stats.applied, self->late,
            stats.resent, stats.updates, stats.gaps);
    return !err && stats.applied == gradients;
}

//  Join, work, leave.
static bool
s_join (work_t *self)
{
    const digits_options_t *options = self->options;
    gradmq_options_t connection = {.control = options->control,
                                   .model = options->model,
                                   .name = options->name,
                                   .secret = options->secret,
                                   .server_key = options->server_key,
                                   .window = (uint32_t) options->window};
    gradmq_reason_t why = {0};
    if (!digits_manner_ask (&self->manner, options))
        return false;
    if (gradmq_worker_open (&self->worker, &connection, &why)) {
        fprintf (stderr, "gradmq-digits work: %s\n", why.text);
        return false;
    }
    bool good = s_work (self);
    if (gradmq_worker_close (&self->worker, good ? SETTLE_MS : 0, &why) && good) {
        fprintf (stderr, "gradmq-digits work: leaving: %s\n", why.text);
        good = false;
    }
    return good;
}

int
digits_work (const digits_options_t *options)
{
    if (!digits_options_need ("control", options->control))
        return 2;
    if (options->part > options->parts) {
        fprintf (stderr, "gradmq-digits: --part %" PRIu64 ": there are --parts %" PRIu64 "\n",
                 options->part, options->parts);
        return 2;
    }
    digits_data_t data;
    if (!digits_data_load (&data, options->data))
        return 1;
    work_t *self = calloc (1, sizeof *self);
    if (self) {
        self->options = options;
        self->adam.length = options->gradients * options->local_steps;
        self->network = digits_network_new (DIGITS_BATCH);
        //  Each part in an order of its own.
        self->batch =
            digits_batch_new (&data.train, options->part - 1, options->parts, DIGITS_BATCH,
                              DIGITS_NOISE, options->seed * 1000 + options->part);
    }
    bool good = self && self->network && self->batch;
    if (!good)
        fprintf (stderr, "gradmq-digits work: out of memory, or more --parts than batches of %u\n",
                 DIGITS_BATCH);
    good = good && s_join (self);
    if (self) {
        digits_batch_destroy (&self->batch);
        digits_network_destroy (&self->network);
    }
    free (self);
    digits_data_destroy (&data);
    return good ? 0 : 1;
}
