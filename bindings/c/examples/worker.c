//  A worker that fits a line, y = weight * x + bias, to points that it makes up.
//
//      gradmqd --set model/name=line &
//      control tcp://127.0.0.1:5570 && worker tcp://127.0.0.1:5570
//
//  Start as many of these at once as you like: they train one model together.

#include "gradmq.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS 300
#define POINTS 32

static double
random_unit (void)
{
    return 2.0 * rand () / RAND_MAX - 1.0;
}

//  Gradient of half the mean squared error, and that error, over fresh points of y = 3 x - 1.
static double
compute (const float *parameters, float *gradient)
{
    double loss = 0;
    gradient [0] = 0;
    gradient [1] = 0;
    for (int i = 0; i < POINTS; i++) {
        double x = random_unit ();
        double error = parameters [0] * x + parameters [1] - (3 * x - 1);
        gradient [0] += (float) (error * x / POINTS);
        gradient [1] += (float) (error / POINTS);
        loss += error * error / 2 / POINTS;
    }
    return loss;
}

static int
fail (const gradmq_reason_t *why)
{
    fprintf (stderr, "%s: %s\n", gradmq_err_name (why->code), why->text);
    return EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
    gradmq_worker_t *worker;
    gradmq_reason_t why;
    const gradmq_options_t options = {.control = argc > 1 ? argv [1] : "tcp://127.0.0.1:5570"};
    if (gradmq_worker_open (&worker, &options, &why))
        return fail (&why);

    gradmq_err_t err = GRADMQ_OK;
    double loss = 0;
    for (int step = 0; step < STEPS && !err; step++) {
        //  Parameters that hold the last gradient: the line is fitted one step after the other.
        gradmq_parameters_view_t view;
        err = gradmq_worker_parameters (worker, GRADMQ_NEXT, &view, &why);
        if (err)
            break;
        float gradient [2];
        loss = compute ((const float *) view.data, gradient);
        const gradmq_metric_info_t metric = {.name = "loss", .value = loss};
        const gradmq_push_t push = {.metrics = &metric, .metric_count = 1};
        err = gradmq_worker_push (worker, gradient, sizeof gradient, &push, &why);
    }
    if (!err)
        printf ("loss %.3g after %d steps\n", loss, STEPS);
    gradmq_err_t closed = gradmq_worker_close (&worker, 5000, err ? NULL : &why);
    return err || closed ? fail (&why) : EXIT_SUCCESS;
}
