//  A coordinator inside a program: fit y = 2 x + 1 with gradients that this program computes.
//
//      cc embed.c $(pkg-config --cflags --libs gradmq-coordinator) && ./a.out

#include <gradmq_coordinator.h>

#include <stdio.h>

//  Gradient of the mean squared error over a few points, for p = {slope, offset}.
static void
s_gradient (const float p [2], float gradient [2])
{
    enum { POINTS = 5 };
    gradient [0] = gradient [1] = 0;
    for (int i = 0; i < POINTS; i++) {
        float x = (float) i / 2, y = 2 * x + 1;
        float error = p [0] * x + p [1] - y;
        gradient [0] += 2 * error * x / POINTS;
        gradient [1] += 2 * error / POINTS;
    }
}

//  Take the newest parameters as they are, without a copy, and add a gradient for them.
static gradmq_err_t
s_step (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    gradmq_coordinator_view_t view;
    gradmq_err_t err = gradmq_coordinator_get_model_parameters (coordinator, true, &view, why);
    if (err)
        return err;
    float gradient [2];
    s_gradient (view.data, gradient);
    uint64_t next = view.version + 1;
    gradmq_coordinator_view_release (&view);
    err = gradmq_coordinator_add_gradients (coordinator, gradient, sizeof gradient, why);
    return err ? err : gradmq_coordinator_wait_version (coordinator, next, 5000, why);
}

static gradmq_err_t
s_train (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    const char *names [] = {"optimizer", "learning_rate"};
    const char *values [] = {"momentum", "0.05"};
    gradmq_coordinator_tensor_t tensors [] = {{.name = "slope"}, {.name = "offset"}};  //  scalars
    float start [2] = {0, 0};
    gradmq_err_t err = gradmq_coordinator_set_parameters (coordinator, names, values, 2, why);
    if (!err)
        err = gradmq_coordinator_set_model_parameters (coordinator, tensors, 2, 1, start,
                                                       sizeof start, false, NULL, NULL, why);
    if (!err)
        err = gradmq_coordinator_start (coordinator, why);
    for (int i = 0; i < 500 && !err; i++)
        err = s_step (coordinator, why);
    return err;
}

static gradmq_err_t
s_show (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    gradmq_coordinator_view_t view;  //  this time a copy of our own
    gradmq_err_t err = gradmq_coordinator_get_model_parameters (coordinator, false, &view, why);
    if (err)
        return err;
    const float *p = view.data;
    printf ("y = %.3f x + %.3f after %llu steps\n", p [0], p [1],
            (unsigned long long) view.version);
    gradmq_coordinator_view_release (&view);
    return GRADMQ_OK;
}

int
main (void)
{
    gradmq_coordinator_t *coordinator;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    gradmq_err_t err = gradmq_coordinator_open (&coordinator, NULL, &why);
    if (!err)
        err = s_train (coordinator, &why);
    if (!err)
        err = s_show (coordinator, &why);
    if (err)
        fprintf (stderr, "%s: %s\n", gradmq_err_name (err), why.text);
    gradmq_coordinator_destroy (&coordinator);
    return err ? 1 : 0;
}
