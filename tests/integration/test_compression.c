//  Training with compressed gradients, against a coordinator over tcp: a quadratic whose every other
//  gradient is far off in one direction and the next one as far in the other, as those of workers with
//  unlike data are. What a gradient leaves out has to come with a later one.

#include "gradmq.h"
#include "gradmq_coordinator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIDE = 8, BIAS = 5, ELEMENTS = SIDE * SIDE + BIAS, STEPS = 1600 };

#define DISCORD 4.0
#define NEAR 0.15

typedef struct {
    gradmq_coordinator_t *coordinator;
    gradmq_worker_t *worker;
    uint32_t dtype;
    double start [ELEMENTS], optimum [ELEMENTS];
} s_training_t;

static void
s_check (gradmq_err_t err, const gradmq_reason_t *why)
{
    if (err)
        fail_msg ("%s: %s", gradmq_err_name (err), why->text);
}

//  `count` numbers as the model has them.
static void
s_put (uint32_t dtype, void *to, const double *values)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        if (dtype == GRADMQ_F64)
            ((double *) to) [i] = values [i];
        else
            ((float *) to) [i] = (float) values [i];
}

static double
s_get (uint32_t dtype, const void *from, size_t i)
{
    return dtype == GRADMQ_F64 ? ((const double *) from) [i] : (double) ((const float *) from) [i];
}

static void
s_load (s_training_t *self)
{
    static const uint64_t matrix [] = {SIDE, SIDE}, vector [] = {BIAS};
    const gradmq_coordinator_tensor_t tensors [] = {{"w", 2, matrix}, {"b", 1, vector}};
    double data [ELEMENTS];
    gradmq_reason_t why = {0};
    for (size_t i = 0; i < ELEMENTS; i++) {
        self->start [i] = 0;
        self->optimum [i] = sin (1.7 * (double) i) + 0.3;
    }
    s_put (self->dtype, data, self->start);
    s_check (gradmq_coordinator_set_model_parameters (
                 self->coordinator, tensors, 2, self->dtype, data,
                 ELEMENTS * (self->dtype == GRADMQ_F64 ? 8 : 4), false, NULL, NULL, &why),
             &why);
    s_check (gradmq_coordinator_start (self->coordinator, &why), &why);
}

static s_training_t
s_open (uint32_t dtype, const char *stream)
{
    s_training_t self = {.dtype = dtype};
    gradmq_reason_t why = {0};
    const gradmq_coordinator_options_t options = {.control = "tcp://127.0.0.1:*",
                                                  .gradients = "tcp://127.0.0.1:*",
                                                  .updates = "tcp://127.0.0.1:*",
                                                  .events = "tcp://127.0.0.1:*"};
    s_check (gradmq_coordinator_open (&self.coordinator, &options, &why), &why);
    const char *names [] = {"learning_rate", "streams"};
    const char *values [] = {"0.02", stream ? stream : ""};
    s_check (gradmq_coordinator_set_parameters (self.coordinator, names, values, 2, &why), &why);
    s_load (&self);
    const gradmq_options_t client = {
        .control = gradmq_coordinator_endpoint (self.coordinator, "control", 0),
        .name = "w1",
        .stream = stream};
    s_check (gradmq_worker_open (&self.worker, &client, &why), &why);
    return self;
}

static void
s_close (s_training_t *self)
{
    gradmq_reason_t why = {0};
    s_check (gradmq_worker_close (&self->worker, 10000, &why), &why);
    gradmq_coordinator_destroy (&self->coordinator);
}

//  One gradient from the newest parameters, with the discord of this turn.
static void
s_step (s_training_t *self, int turn)
{
    gradmq_parameters_view_t now;
    gradmq_reason_t why = {0};
    double gradient [ELEMENTS], data [ELEMENTS];
    s_check (gradmq_worker_parameters (self->worker, GRADMQ_NEXT, &now, &why), &why);
    for (size_t i = 0; i < ELEMENTS; i++)
        gradient [i] = s_get (now.dtype, now.data, i) - self->optimum [i];
    gradient [0] += turn % 2 ? DISCORD : -DISCORD;
    gradient [SIDE * SIDE] += turn % 2 ? -DISCORD : DISCORD;
    s_put (self->dtype, data, gradient);
    s_check (gradmq_worker_push (self->worker, data, ELEMENTS * (self->dtype == GRADMQ_F64 ? 8 : 4),
                                 NULL, &why),
             &why);
}

//  The greatest distance from the optimum, and of those that did not move from the start.
static double
s_train (s_training_t *self, const gradmq_compression_t *how, size_t *unmoved)
{
    gradmq_reason_t why = {0};
    s_check (gradmq_worker_compress (self->worker, how, &why), &why);
    for (int turn = 0; turn < STEPS; turn++)
        s_step (self, turn);
    s_check (gradmq_worker_flush (self->worker, 10000, &why), &why);
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (self->worker, &stats);
    assert_int_equal (stats.applied, STEPS);
    gradmq_coordinator_view_t view;
    s_check (gradmq_coordinator_get_model_parameters (self->coordinator, true, &view, &why), &why);
    double worst = 0;
    *unmoved = 0;
    for (size_t i = 0; i < ELEMENTS; i++) {
        double value = s_get (view.dtype, view.data, i);
        worst = fmax (worst, fabs (value - self->optimum [i]));
        *unmoved += value == self->start [i];
    }
    gradmq_coordinator_view_release (&view);
    return worst;
}

static void
s_reaches_the_optimum (uint32_t dtype, const char *stream, gradmq_compression_t how)
{
    size_t unmoved;
    s_training_t training = s_open (dtype, stream);
    double worst = s_train (&training, &how, &unmoved);
    if (worst > NEAR)
        fail_msg ("compression %d of dtype %u ends %g beside the optimum", (int) how.how, dtype,
                  worst);
    s_close (&training);
}

static const gradmq_compression_t s_top_1 = {.how = GRADMQ_COMPRESS_TOP_K, .fraction = 0.01};

static void
test_top_k_with_feedback_reaches_the_optimum (void **state)
{
    (void) state;
    s_reaches_the_optimum (GRADMQ_F32, NULL, s_top_1);
    s_reaches_the_optimum (GRADMQ_F64, NULL, s_top_1);
}

static void
test_top_k_without_feedback_does_not (void **state)
{
    (void) state;
    size_t unmoved;
    gradmq_compression_t how = s_top_1;
    how.without_feedback = true;
    s_training_t training = s_open (GRADMQ_F32, NULL);
    assert_true (s_train (&training, &how, &unmoved) > 5 * NEAR);
    assert_true (unmoved > ELEMENTS / 2);
    s_close (&training);
}

static void
test_int8_reaches_the_optimum (void **state)
{
    (void) state;
    s_reaches_the_optimum (GRADMQ_F32, NULL, (gradmq_compression_t){.how = GRADMQ_COMPRESS_INT8});
    s_reaches_the_optimum (GRADMQ_F64, NULL, (gradmq_compression_t){.how = GRADMQ_COMPRESS_INT8});
}

static void
test_int8_both_ways_reaches_the_optimum (void **state)
{
    (void) state;
    s_reaches_the_optimum (GRADMQ_F32, "int8", (gradmq_compression_t){.how = GRADMQ_COMPRESS_INT8});
}

static void
test_low_rank_reaches_the_optimum (void **state)
{
    (void) state;
    const gradmq_compression_t how = {.how = GRADMQ_COMPRESS_LOW_RANK, .rank = 1};
    s_reaches_the_optimum (GRADMQ_F32, NULL, how);
    s_reaches_the_optimum (GRADMQ_F64, NULL, how);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_top_k_with_feedback_reaches_the_optimum),
        cmocka_unit_test (test_top_k_without_feedback_does_not),
        cmocka_unit_test (test_int8_reaches_the_optimum),
        cmocka_unit_test (test_int8_both_ways_reaches_the_optimum),
        cmocka_unit_test (test_low_rank_reaches_the_optimum),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
