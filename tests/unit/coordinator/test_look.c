//  Looking at a coordinator from beside it.

#include "coordinator/look.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAIT_MS = 20000, F32 = 1 };

static gradmq_coordinator_t *
s_open (void)
{
    gradmq_coordinator_t *self;
    uint64_t count = 2;
    const gradmq_coordinator_tensor_t tensor = {"t", 1, &count};
    assert_int_equal (gradmq_coordinator_open (&self, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          self, &tensor, 1, F32, (float []){0, 0}, 8, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    return self;
}

static gradmq_look_t *
s_look (gradmq_coordinator_t *self, bool whole, uint64_t after)
{
    gradmq_look_t *look;
    gradmq_reason_t why = {0};
    if (gradmq_coordinator_look (self, whole, after, &look, &why))
        fail_msg ("%s", why.text);
    assert_non_null (look);
    return look;
}

static void
s_step (gradmq_coordinator_t *self, uint64_t version)
{
    assert_int_equal (gradmq_coordinator_add_gradients (self, (float []){1, 1}, 8, NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_wait_version (self, version, WAIT_MS, NULL), GRADMQ_OK);
}

static void
test_look_has_status_settings_workers_and_counters (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    s_step (self, 1);
    gradmq_look_t *look = s_look (self, true, 0);
    assert_true (look->whole);
    assert_int_equal (look->status.answer, GRADMQ_ANSWER_STATUS);
    assert_string_equal (look->status.model, "model");
    assert_int_equal (look->status.position.version, 1);
    assert_int_equal (look->status.status.elements, 2);
    assert_string_equal (look->settings.parameters.settings->optimizer, "sgd");
    assert_int_equal (look->workers.workers.count, 0);
    assert_int_equal (look->counters.value [GRADMQ_COUNTER_applied], 1);
    uint64_t passes = 0;
    for (size_t i = 0; i < GRADMQ_COUNTED_SIZES; i++)
        passes += look->counters.by_size [GRADMQ_BY_SIZE_pass_us][i];
    assert_int_equal (passes, 1);
    assert_true (look->credit_gradients > 0);
    gradmq_look_destroy (&look);
    gradmq_coordinator_destroy (&self);
}

static void
test_look_stays_as_it_was_when_things_go_on (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    gradmq_look_t *look = s_look (self, true, 0);
    s_step (self, 1);
    gradmq_coordinator_destroy (&self);
    assert_int_equal (look->status.position.version, 0);
    assert_string_equal (look->status.model, "model");
    gradmq_look_destroy (&look);
    assert_null (look);
    gradmq_look_destroy (&look);
}

static void
test_look_has_each_report_once (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    assert_int_equal (gradmq_coordinator_start (self, NULL), GRADMQ_OK);
    gradmq_look_t *look = s_look (self, false, 0);
    assert_false (look->whole);
    uint64_t seen = look->reports, steps = 0, version = 0;
    assert_int_equal (look->status.answer, GRADMQ_ANSWER_NONE);
    gradmq_look_destroy (&look);
    for (uint64_t i = 1; i <= 3; i++)
        s_step (self, i);
    while (steps < 3) {
        look = s_look (self, false, seen);
        assert_true (look->reports >= seen);
        assert_int_equal (look->step_count, look->reports - seen);
        for (size_t i = 0; i < look->step_count; i++) {
            assert_int_equal (look->steps [i].kind, GRADMQ_EVENT_STEP);
            assert_true (look->steps [i].position.version > version);
            version = look->steps [i].position.version;
            steps += look->steps [i].step.steps;
        }
        seen = look->reports;
        gradmq_look_destroy (&look);
    }
    assert_int_equal (steps, 3);
    assert_int_equal (version, 3);
    gradmq_coordinator_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_look_has_status_settings_workers_and_counters),
        cmocka_unit_test (test_look_stays_as_it_was_when_things_go_on),
        cmocka_unit_test (test_look_has_each_report_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
