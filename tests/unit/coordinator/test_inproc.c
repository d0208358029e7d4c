//  A worker in the coordinator's own process, over inproc and over several endpoints at once.

#include "gradmq.h"
#include "gradmq_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_MS = 20000, PUSHES = 50 };

static gradmq_coordinator_t *
s_open (const gradmq_coordinator_options_t *options)
{
    gradmq_coordinator_t *self;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    if (gradmq_coordinator_open (&self, options, &why))
        fail_msg ("%s", why.text);
    gradmq_coordinator_tensor_t tensor = {"t", 0, NULL};
    float zero = 0;
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          self, &tensor, 1, 1, &zero, sizeof zero, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    return self;
}

//  Push -1 so many times by this control endpoint, and leave.
static void
s_push (const char *control, const char *name, void *context)
{
    gradmq_options_t options = {
        .control = control, .name = name, .timeout_ms = WAIT_MS, .zmq_context = context};
    gradmq_worker_t *worker;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    if (gradmq_worker_open (&worker, &options, &why))
        fail_msg ("%s", why.text);
    float gradient = -1;
    for (int i = 0; i < PUSHES; i++)
        if (gradmq_worker_push (worker, &gradient, sizeof gradient, NULL, &why))
            fail_msg ("%s", why.text);
    if (gradmq_worker_close (&worker, WAIT_MS, &why))
        fail_msg ("%s", why.text);
}

static float
s_value (gradmq_coordinator_t *self)
{
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, true, &view, NULL), GRADMQ_OK);
    float value = *(const float *) view.data;
    gradmq_coordinator_view_release (&view);
    return value;
}

static void
test_worker_over_inproc_is_applied (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = {.control = "inproc://inproc-test-control",
                                            .gradients = "inproc://inproc-test-gradients",
                                            .updates = "inproc://inproc-test-updates",
                                            .events = "inproc://inproc-test-events"};
    gradmq_coordinator_t *self = s_open (&options);
    s_push (gradmq_coordinator_endpoint (self, "control", 0), "inside",
            gradmq_coordinator_zmq_context ());
    assert_true (s_value (self) == (float) PUSHES);
    gradmq_coordinator_destroy (&self);
}

static void
test_every_endpoint_of_a_socket_serves (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = {.control = "tcp://127.0.0.1:*, tcp://127.0.0.1:*",
                                            .gradients = "tcp://127.0.0.1:*,tcp://127.0.0.1:*",
                                            .updates = "tcp://127.0.0.1:*",
                                            .events = "tcp://127.0.0.1:*"};
    gradmq_coordinator_t *self = s_open (&options);
    const char *first = gradmq_coordinator_endpoint (self, "control", 0);
    const char *second = gradmq_coordinator_endpoint (self, "control", 1);
    assert_non_null (second);
    assert_string_not_equal (first, second);
    assert_null (gradmq_coordinator_endpoint (self, "control", 2));
    assert_null (gradmq_coordinator_endpoint (self, "no such socket", 0));
    s_push (first, "one", NULL);
    s_push (second, "two", NULL);
    assert_true (s_value (self) == 2.0f * PUSHES);
    gradmq_coordinator_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_worker_over_inproc_is_applied),
        cmocka_unit_test (test_every_endpoint_of_a_socket_serves),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
