//  A worker: takes the newest parameters, computes a gradient of its part of the images, pushes it.

#include "batch.h"
#include "options.h"
#include "recipe.h"

#include <gradmq.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SETTLE_MS 30000u

static void
s_refused (const gradmq_verdict_t *verdict, void *context)
{
    (void) context;
    fprintf (stderr, "gradient %" PRIu64 " was not applied: %s: %s\n", verdict->sequence,
             verdict->name, verdict->text);
}

//  One gradient: from the newest parameters that have arrived.
static gradmq_err_t
s_step (gradmq_worker_t *worker, digits_network_t *network, digits_batch_t *batch,
        gradmq_reason_t *why)
{
    float gradient [DIGITS_PARAMETERS];
    gradmq_parameters_view_t view;
    gradmq_err_t err = gradmq_worker_parameters (worker, GRADMQ_NEWEST, &view, why);
    if (err)
        return err;
    digits_score_t score;
    digits_network_score (network, view.data, digits_batch_next (batch), gradient, &score);
    gradmq_metric_info_t metrics [] = {{"loss", score.loss, DIGITS_BATCH},
                                       {"accuracy", score.accuracy, DIGITS_BATCH}};
    gradmq_push_t push = {.metrics = metrics, .metric_count = 2};
    return gradmq_worker_push (worker, gradient, sizeof gradient, &push, why);
}

//  Push all gradients and wait until they are settled.
static bool
s_work (gradmq_worker_t *worker, digits_network_t *network, digits_batch_t *batch,
        uint64_t gradients)
{
    gradmq_reason_t why = {0};
    gradmq_err_t err = GRADMQ_OK;
    gradmq_worker_on_verdict (worker, s_refused, NULL);
    if (gradmq_worker_elements (worker) != DIGITS_PARAMETERS) {
        fprintf (stderr,
                 "gradmq-digits work: the coordinator holds another network: %" PRIu64
                 " parameters instead of %u\n",
                 gradmq_worker_elements (worker), DIGITS_PARAMETERS);
        return false;
    }
    for (uint64_t i = 0; !err && i < gradients; i++)
        err = s_step (worker, network, batch, &why);
    if (!err)
        err = gradmq_worker_flush (worker, SETTLE_MS, &why);
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (worker, &stats);
    if (err)
        fprintf (stderr, "gradmq-digits work: %s\n", why.text);
    else if (stats.applied != gradients)
        fprintf (stderr, "gradmq-digits work: %" PRIu64 " of %" PRIu64 " gradients were applied\n",
                 stats.applied, gradients);
    printf ("%s: %" PRIu64 " pushed, %" PRIu64 " applied, %" PRIu64 " sent again, %" PRIu64
            " updates received, %" PRIu64 " gaps\n",
            gradmq_worker_name (worker), stats.pushed, stats.applied, stats.resent, stats.updates,
            stats.gaps);
    return !err && stats.applied == gradients;
}

//  Join, work, leave.
static bool
s_join (const digits_options_t *options, digits_network_t *network, digits_batch_t *batch)
{
    gradmq_options_t connection = {.control = options->control,
                                   .model = options->model,
                                   .name = options->name,
                                   .window = (uint32_t) options->window};
    gradmq_reason_t why = {0};
    gradmq_worker_t *worker;
    if (gradmq_worker_open (&worker, &connection, &why)) {
        fprintf (stderr, "gradmq-digits work: %s\n", why.text);
        return false;
    }
    bool good = s_work (worker, network, batch, options->gradients);
    if (gradmq_worker_close (&worker, good ? SETTLE_MS : 0, &why) && good) {
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
    digits_network_t *network = digits_network_new (DIGITS_BATCH);
    //  Each part in an order of its own.
    digits_batch_t *batch =
        digits_batch_new (&data.train, options->part - 1, options->parts, DIGITS_BATCH,
                          DIGITS_NOISE, options->seed * 1000 + options->part);
    bool good = network && batch;
    if (!good)
        fprintf (stderr, "gradmq-digits work: out of memory, or more --parts than batches of %u\n",
                 DIGITS_BATCH);
    good = good && s_join (options, network, batch);
    digits_batch_destroy (&batch);
    digits_network_destroy (&network);
    digits_data_destroy (&data);
    return good ? 0 : 1;
}
