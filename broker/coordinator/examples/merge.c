//  Models that were trained apart become one: three sites have points of one line each, none has seen
//  the points of the others, and all of them only send parameters. This is federated averaging.
//
//      cc merge.c $(pkg-config --cflags --libs gradmq-coordinator) && ./a.out

#include <gradmq_coordinator.h>

#include <stdio.h>

enum { SITES = 3, ROUNDS = 60, LOCAL_STEPS = 20 };

//  A site has so many points of y = 2 x + 1, from `from` on.
typedef struct {
    float from;
    int points;
} s_site_t;

static const s_site_t s_sites [SITES] = {{-2, 4}, {-0.5f, 6}, {1, 10}};

//  Go down the site's own error for a while: p = {slope, offset}.
static void
s_train (const s_site_t *site, float p [2])
{
    for (int step = 0; step < LOCAL_STEPS; step++) {
        float gradient [2] = {0, 0};
        for (int i = 0; i < site->points; i++) {
            float x = site->from + (float) i / 8, y = 2 * x + 1;
            float error = p [0] * x + p [1] - y;
            gradient [0] += 2 * error * x / (float) site->points;
            gradient [1] += 2 * error / (float) site->points;
        }
        p [0] -= 0.05f * gradient [0];
        p [1] -= 0.05f * gradient [1];
    }
}

//  Every site trains the newest model and adds what came of it, with its number of points as weight.
static gradmq_err_t
s_round (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    gradmq_coordinator_view_t view;
    gradmq_err_t err = gradmq_coordinator_get_model_parameters (coordinator, true, &view, why);
    if (err)
        return err;
    for (int i = 0; i < SITES && !err; i++) {
        const float *newest = view.data;
        float p [2] = {newest [0], newest [1]};
        s_train (&s_sites [i], p);
        err = gradmq_coordinator_add_model_parameters (coordinator, p, sizeof p, s_sites [i].points,
                                                       why);
    }
    uint64_t next = view.version + 1;
    gradmq_coordinator_view_release (&view);
    return err ? err : gradmq_coordinator_wait_version (coordinator, next, 5000, why);
}

//  A site that is alone: its parameters wait for the threshold, until they are dropped.
static gradmq_err_t
s_reset (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    const float p [2] = {100, 100};
    gradmq_coordinator_status_t status = {0};
    uint64_t dropped = 0;
    gradmq_err_t err = gradmq_coordinator_add_model_parameters (coordinator, p, sizeof p, 1, why);
    if (!err)
        err = gradmq_coordinator_wait_version (coordinator, 0, 5000, why);
    if (!err)
        err = gradmq_coordinator_status (coordinator, &status, why);
    if (!err)
        err = gradmq_coordinator_reset (coordinator, &dropped, why);
    printf ("%llu of %llu were there, %llu dropped\n", (unsigned long long) status.contributions,
            (unsigned long long) status.needed, (unsigned long long) dropped);
    return err;
}

static gradmq_err_t
s_run (gradmq_coordinator_t *coordinator, gradmq_reason_t *why)
{
    const char *names [] = {"policy", "merge_count"};
    const char *values [] = {"merge", "3"};
    gradmq_coordinator_tensor_t tensors [] = {{.name = "slope"}, {.name = "offset"}};
    float start [2] = {0, 0};
    gradmq_err_t err = gradmq_coordinator_set_parameters (coordinator, names, values, 2, why);
    if (!err)
        err = gradmq_coordinator_set_model_parameters (coordinator, tensors, 2, 1, start,
                                                       sizeof start, false, NULL, NULL, why);
    if (!err)
        err = gradmq_coordinator_start (coordinator, why);
    if (!err)
        err = s_reset (coordinator, why);
    for (int i = 0; i < ROUNDS && !err; i++)
        err = s_round (coordinator, why);
    gradmq_coordinator_view_t view = {0};
    if (!err)
        err = gradmq_coordinator_get_model_parameters (coordinator, false, &view, why);
    if (err)
        return err;
    const float *p = view.data;
    printf ("y = %.3f x + %.3f after %llu merges\n", p [0], p [1],
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
        err = s_run (coordinator, &why);
    if (err)
        fprintf (stderr, "%s: %s\n", gradmq_err_name (err), why.text);
    gradmq_coordinator_destroy (&coordinator);
    return err ? 1 : 0;
}
