//  The worker that every binding is measured against: pushes gradients of the whole layout, which
//  are zero, without copying them, and tells how long it took until all of them were settled.
//
//      bench.push --control ENDPOINT --gradients N --warm M

#include "gradmq.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SETTLE_MS = 600000 };

static double
s_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

//  The value of an option; 0 where it is missing.
static const char *
s_option (int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (!strcmp (argv [i], name))
            return argv [i + 1];
    return NULL;
}

//  All of them are the same octets, which stay.
static void
s_keep (void *gradient, void *context)
{
    (void) gradient;
    (void) context;
}

static gradmq_err_t
s_push (gradmq_worker_t *worker, void *gradient, uint64_t count, gradmq_reason_t *why)
{
    const gradmq_layout_info_t *layout = gradmq_worker_layout (worker);
    const uint64_t octets =
        gradmq_worker_elements (worker) * (layout->dtype == GRADMQ_F64 ? 8u : 4u);
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t i = 0; i < count && !err; i++)
        err = gradmq_worker_push_take (worker, gradient, octets, s_keep, NULL, NULL, why);
    return err ? err : gradmq_worker_flush (worker, SETTLE_MS, why);
}

int
main (int argc, char **argv)
{
    const char *control = s_option (argc, argv, "--control");
    const char *gradients = s_option (argc, argv, "--gradients");
    const char *warm = s_option (argc, argv, "--warm");
    if (!control || !gradients || !warm) {
        fprintf (stderr, "usage: bench.push --control ENDPOINT --gradients N --warm M\n");
        return 2;
    }
    gradmq_worker_t *worker;
    gradmq_reason_t why = {0};
    const gradmq_options_t options = {.control = control, .timeout_ms = SETTLE_MS};
    if (gradmq_worker_open (&worker, &options, &why)) {
        fprintf (stderr, "bench.push: %s\n", why.text);
        return 1;
    }
    double *gradient = calloc (gradmq_worker_elements (worker), sizeof *gradient);
    gradmq_err_t err =
        gradient ? s_push (worker, gradient, strtoull (warm, NULL, 10), &why) : GRADMQ_ERR_MEMORY;
    const double since = s_seconds ();
    if (!err)
        err = s_push (worker, gradient, strtoull (gradients, NULL, 10), &why);
    if (err)
        fprintf (stderr, "bench.push: %s\n", why.text);
    else
        printf ("{\"gradients\": %s, \"seconds\": %.6f}\n", gradients, s_seconds () - since);
    gradmq_err_t left = gradmq_worker_close (&worker, SETTLE_MS, &why);
    free (gradient);
    return err || left ? 1 : 0;
}
