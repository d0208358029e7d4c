//  The ancestor's calls, each with its meaning, in process.

#include "gradmq_coordinator.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_MS = 20000, F32 = 1, F64 = 2 };

static gradmq_coordinator_t *
s_open (void)
{
    gradmq_coordinator_t *self;
    assert_int_equal (gradmq_coordinator_open (&self, NULL, NULL), GRADMQ_OK);
    return self;
}

static void
s_load (gradmq_coordinator_t *self, float *values, uint64_t count)
{
    gradmq_coordinator_tensor_t tensor = {"t", 1, &count};
    assert_int_equal (gradmq_coordinator_set_model_parameters (self, &tensor, 1, F32, values,
                                                               count * sizeof *values, false, NULL,
                                                               NULL, NULL),
                      GRADMQ_OK);
}

static void
s_add (gradmq_coordinator_t *self, const float *values, uint64_t count)
{
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, count * sizeof *values, NULL),
                      GRADMQ_OK);
}

static void
s_set (gradmq_coordinator_t *self, const char *name, const char *value)
{
    assert_int_equal (gradmq_coordinator_set_parameters (self, &name, &value, 1, NULL), GRADMQ_OK);
}

//  Parameter 0 at a version.
static float
s_first (gradmq_coordinator_t *self, uint64_t version)
{
    assert_int_equal (gradmq_coordinator_wait_version (self, version, WAIT_MS, NULL), GRADMQ_OK);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, false, &view, NULL),
                      GRADMQ_OK);
    assert_int_equal (view.version, version);
    float first = *(const float *) view.data;
    gradmq_coordinator_view_release (&view);
    return first;
}

static void
test_new_descends_with_rate_one (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_load (self, (float []){5, 5}, 2);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    s_add (self, (float []){2, 0}, 2);
    assert_true (s_first (self, 1) == 3.0f);
    //  Descent goes on from there.
    s_add (self, (float []){1, 0}, 2);
    assert_true (s_first (self, 2) == 2.0f);
    gradmq_coordinator_destroy (&self);
    assert_null (self);
    gradmq_coordinator_destroy (&self);
}

static void
test_set_parameters_ascent_adds_the_gradient (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_set (self, "mode", "ascent");
    s_load (self, (float []){5}, 1);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    s_add (self, (float []){2}, 1);
    assert_true (s_first (self, 1) == 7.0f);
    gradmq_coordinator_destroy (&self);
}

static void
test_set_parameters_wrong_changes_nothing (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    const char *names [] = {"learning_rate", "no_such_setting"};
    const char *values [] = {"0.5", "1"};
    gradmq_reason_t why;
    assert_int_equal (gradmq_coordinator_set_parameters (self, names, values, 2, &why),
                      GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (why.text, "no_such_setting"));
    s_load (self, (float []){5}, 1);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    s_add (self, (float []){2}, 1);
    assert_true (s_first (self, 1) == 3.0f);
    gradmq_coordinator_destroy (&self);
}

static void
test_start_without_model_or_twice_is_an_error (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    gradmq_reason_t why;
    assert_int_equal (gradmq_coordinator_start (self, &why), GRADMQ_ERR_NO_MODEL);
    s_load (self, (float []){5}, 1);
    assert_int_equal (gradmq_coordinator_start (self, &why), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_start (self, &why), GRADMQ_ERR_STATE);
    gradmq_coordinator_destroy (&self);
}

static void
test_add_gradients_while_stopped_are_kept_in_order (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_load (self, (float []){1}, 1);
    for (int i = 0; i < 5; i++)
        s_add (self, (float []){ldexpf (1, -i)}, 1);
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_status (self, &status, NULL), GRADMQ_OK);
    assert_int_equal (status.queued, 5);
    assert_int_equal (status.version, 0);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    assert_true (s_first (self, 5) == 1.0f - 1.9375f);
    gradmq_coordinator_destroy (&self);
}

static void
test_stop_keeps_the_queue_and_clear_drops_it (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_load (self, (float []){1}, 1);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_stop (self, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_stop (self, NULL), GRADMQ_OK);
    s_add (self, (float []){1}, 1);
    s_add (self, (float []){1}, 1);
    uint64_t cleared;
    assert_int_equal (gradmq_coordinator_clear_gradients (self, false, &cleared, NULL), GRADMQ_OK);
    assert_int_equal (cleared, 2);
    assert_int_equal (gradmq_coordinator_clear_gradients (self, false, &cleared, NULL), GRADMQ_OK);
    assert_int_equal (cleared, 0);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    s_add (self, (float []){0.5f}, 1);
    assert_true (s_first (self, 1) == 0.5f);
    gradmq_coordinator_destroy (&self);
}

static void
test_add_gradients_bad_ones_are_refused_and_change_nothing (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    gradmq_reason_t why;
    float values [2] = {1, 1};
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, 8, &why),
                      GRADMQ_ERR_NO_MODEL);
    s_load (self, (float []){1, 1}, 2);
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, 4, &why), GRADMQ_ERR_LENGTH);
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, 0, &why), GRADMQ_ERR_LENGTH);
    values [1] = NAN;
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, 8, &why),
                      GRADMQ_ERR_NON_FINITE);
    values [1] = 1e19f;
    assert_int_equal (gradmq_coordinator_add_gradients (self, values, 8, &why),
                      GRADMQ_ERR_NON_FINITE);
    assert_int_equal (gradmq_coordinator_add_tensor_gradients (self, 1, values, 8, &why),
                      GRADMQ_ERR_ARGUMENT);
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_status (self, &status, NULL), GRADMQ_OK);
    assert_int_equal (status.queued, 0);
    gradmq_coordinator_destroy (&self);
}

static void
test_add_tensor_gradients_leaves_the_others (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    gradmq_coordinator_tensor_t tensors [] = {{"a", 0, NULL}, {"b", 0, NULL}};
    float start [2] = {1, 2};
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          self, tensors, 2, F32, start, sizeof start, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    assert_int_equal (
        gradmq_coordinator_add_tensor_gradients (self, 1, &(float){0.5f}, sizeof (float), NULL),
        GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_wait_version (self, 1, WAIT_MS, NULL), GRADMQ_OK);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, true, &view, NULL), GRADMQ_OK);
    assert_true (((const float *) view.data) [0] == 1.0f);
    assert_true (((const float *) view.data) [1] == 1.5f);
    gradmq_coordinator_view_release (&view);
    gradmq_coordinator_destroy (&self);
}

static void
s_count_release (void *data, void *context)
{
    (void) data;
    atomic_fetch_add ((atomic_int *) context, 1);
}

static void
test_set_model_parameters_do_not_deep_copy_takes_the_buffer (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    static float buffer [1000];
    uint64_t count = 1000;
    atomic_int released = 0;
    gradmq_coordinator_tensor_t tensor = {"t", 1, &count};
    assert_int_equal (gradmq_coordinator_set_model_parameters (self, &tensor, 1, F32, buffer,
                                                               sizeof buffer, true, s_count_release,
                                                               &released, NULL),
                      GRADMQ_OK);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, true, &view, NULL), GRADMQ_OK);
    assert_ptr_equal (view.data, buffer);
    assert_int_equal (atomic_load (&released), 0);
    gradmq_coordinator_view_release (&view);
    gradmq_coordinator_destroy (&self);
    assert_int_equal (atomic_load (&released), 1);
}

static void
test_set_model_parameters_refused_takes_nothing (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    float buffer [2] = {1, INFINITY};
    uint64_t count = 2;
    atomic_int released = 0;
    gradmq_coordinator_tensor_t tensor = {"t", 1, &count};
    assert_int_equal (gradmq_coordinator_set_model_parameters (self, &tensor, 1, F32, buffer,
                                                               sizeof buffer, true, s_count_release,
                                                               &released, NULL),
                      GRADMQ_ERR_NON_FINITE);
    assert_int_equal (gradmq_coordinator_set_model_parameters (self, &tensor, 1, F64, buffer,
                                                               sizeof buffer, true, s_count_release,
                                                               &released, NULL),
                      GRADMQ_ERR_LENGTH);
    gradmq_coordinator_destroy (&self);
    assert_int_equal (atomic_load (&released), 0);
}

static void
test_get_model_parameters_view_never_changes (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_load (self, (float []){1}, 1);
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, true, &view, NULL), GRADMQ_OK);
    for (int i = 0; i < 100; i++)
        s_add (self, (float []){1}, 1);
    assert_int_equal (gradmq_coordinator_wait_version (self, 100, WAIT_MS, NULL), GRADMQ_OK);
    assert_true (*(const float *) view.data == 1.0f);
    gradmq_coordinator_destroy (&self);
    //  A view outlives its coordinator.
    assert_true (*(const float *) view.data == 1.0f);
    gradmq_coordinator_view_release (&view);
}

static void
test_get_model_parameters_without_model_is_an_error (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    gradmq_coordinator_view_t view;
    assert_int_equal (gradmq_coordinator_get_model_parameters (self, true, &view, NULL),
                      GRADMQ_ERR_NO_MODEL);
    gradmq_coordinator_destroy (&self);
}

enum { THREADS = 4, EACH = 500 };

static void *
s_adder (void *context)
{
    gradmq_coordinator_t *self = context;
    for (int i = 0; i < EACH; i++) {
        float one = 1;
        while (gradmq_coordinator_add_gradients (self, &one, sizeof one, NULL) != GRADMQ_OK)
            ;  //  QUEUE_FULL: others are ahead
    }
    return NULL;
}

static void
test_add_gradients_from_many_threads_loses_none (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    s_load (self, (float []){0}, 1);
    s_set (self, "learning_rate", "0.5");
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    pthread_t threads [THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal (pthread_create (&threads [i], NULL, s_adder, self), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join (threads [i], NULL);
    assert_true (s_first (self, THREADS * EACH) == -0.5f * THREADS * EACH);
    gradmq_coordinator_destroy (&self);
}

static void
test_open_refuses_what_it_cannot_bind (void **state)
{
    (void) state;
    gradmq_coordinator_t *self;
    gradmq_reason_t why;
    gradmq_coordinator_options_t options = {.control = "tcp://0.0.0.0:*"};
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_ERR_BIND);
    assert_null (self);
    assert_non_null (strstr (why.text, "allow_plain_tcp"));
    options.control = "udp://127.0.0.1:1";
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_ERR_ARGUMENT);
    options.control = "tcp://127.0.0.1:notaport";
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_ERR_BIND);
    options.control = NULL;
    options.model = "no/name";
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_ERR_NAME);
}

//  What a call has done is what the next wait sees.
static void
test_wait_version_sees_what_the_calls_before_it_did (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    for (int i = 0; i < 500; i++) {
        s_load (self, (float []){5}, 1);
        assert_int_equal (gradmq_coordinator_wait_version (self, 1, 0, NULL), GRADMQ_ERR_TIMEOUT);
        s_add (self, (float []){1}, 1);
        assert_int_equal (gradmq_coordinator_wait_version (self, 0, 0, NULL), GRADMQ_ERR_TIMEOUT);
        assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
        assert_int_equal (gradmq_coordinator_wait_version (self, 1, WAIT_MS, NULL), GRADMQ_OK);
        assert_int_equal (gradmq_coordinator_stop (self, NULL), GRADMQ_OK);
    }
    gradmq_coordinator_destroy (&self);
}

//  Parameters 0 added with a weight.
static gradmq_err_t
s_add_parameters (gradmq_coordinator_t *self, float value, double weight)
{
    return gradmq_coordinator_add_model_parameters (self, &value, sizeof value, weight, NULL);
}

static gradmq_coordinator_status_t
s_status (gradmq_coordinator_t *self)
{
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_wait_version (self, 0, WAIT_MS, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_status (self, &status, NULL), GRADMQ_OK);
    return status;
}

static void
test_add_model_parameters_threshold_merges_by_weight (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    float start = 8;
    s_load (self, &start, 1);
    assert_int_equal (s_add_parameters (self, 1, 1), GRADMQ_ERR_UNSUPPORTED);
    s_set (self, "policy", "merge");
    s_set (self, "merge_count", "3");
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    assert_int_equal (s_add_parameters (self, 2, 0), GRADMQ_OK);
    assert_int_equal (s_add_parameters (self, 4, 2), GRADMQ_OK);
    assert_int_equal (s_status (self).contributions, 2);
    assert_int_equal (s_status (self).needed, 3);
    assert_int_equal (s_status (self).version, 0);
    assert_int_equal (s_add_parameters (self, 10, 1), GRADMQ_OK);
    assert_true (s_first (self, 1) == 5);  //  (2 + 2 x 4 + 10) / 4
    assert_int_equal (s_status (self).contributions, 0);
    assert_int_equal (s_add_parameters (self, 1, -1), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (s_add_parameters (self, 1, (double) NAN), GRADMQ_ERR_ARGUMENT);
    float gradient = 1;
    assert_int_equal (gradmq_coordinator_add_gradients (self, &gradient, sizeof gradient, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
    gradmq_coordinator_destroy (&self);
}

static void
test_reset_drops_what_was_added (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    uint64_t cleared = 99;
    float start = 8;
    s_load (self, &start, 1);
    assert_int_equal (gradmq_coordinator_reset (self, &cleared, NULL), GRADMQ_ERR_UNSUPPORTED);
    s_set (self, "policy", "merge");
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    assert_int_equal (s_add_parameters (self, 100, 0), GRADMQ_OK);
    assert_int_equal (s_status (self).contributions, 1);
    assert_int_equal (gradmq_coordinator_reset (self, &cleared, NULL), GRADMQ_OK);
    assert_int_equal (cleared, 1);
    assert_int_equal (s_status (self).contributions, 0);
    assert_int_equal (s_add_parameters (self, 2, 0), GRADMQ_OK);
    assert_int_equal (s_add_parameters (self, 4, 0), GRADMQ_OK);
    assert_true (s_first (self, 1) == 3);
    gradmq_coordinator_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_new_descends_with_rate_one),
        cmocka_unit_test (test_set_parameters_ascent_adds_the_gradient),
        cmocka_unit_test (test_set_parameters_wrong_changes_nothing),
        cmocka_unit_test (test_start_without_model_or_twice_is_an_error),
        cmocka_unit_test (test_add_gradients_while_stopped_are_kept_in_order),
        cmocka_unit_test (test_stop_keeps_the_queue_and_clear_drops_it),
        cmocka_unit_test (test_add_gradients_bad_ones_are_refused_and_change_nothing),
        cmocka_unit_test (test_add_tensor_gradients_leaves_the_others),
        cmocka_unit_test (test_set_model_parameters_do_not_deep_copy_takes_the_buffer),
        cmocka_unit_test (test_set_model_parameters_refused_takes_nothing),
        cmocka_unit_test (test_get_model_parameters_view_never_changes),
        cmocka_unit_test (test_get_model_parameters_without_model_is_an_error),
        cmocka_unit_test (test_add_gradients_from_many_threads_loses_none),
        cmocka_unit_test (test_wait_version_sees_what_the_calls_before_it_did),
        cmocka_unit_test (test_open_refuses_what_it_cannot_bind),
        cmocka_unit_test (test_add_model_parameters_threshold_merges_by_weight),
        cmocka_unit_test (test_reset_drops_what_was_added),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
