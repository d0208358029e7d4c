//  Looking at a coordinator from beside it.

#include "coordinator/look.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

//  Start a coordinator with a model and this folder, at this durability.
static gradmq_coordinator_t *
s_open_kept (const char *folder, const char *durability)
{
    gradmq_coordinator_t *self;
    const gradmq_coordinator_options_t options = {.state = folder};
    uint64_t count = 2;
    const gradmq_coordinator_tensor_t tensor = {"t", 1, &count};
    assert_int_equal (gradmq_coordinator_open (&self, &options, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_set_parameters (self, (const char *[]){"durability"},
                                                         (const char *[]){durability}, 1, NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_set_model_parameters (
                          self, &tensor, 1, F32, (float []){0, 0}, 8, false, NULL, NULL, NULL),
                      GRADMQ_OK);
    return self;
}

static void
test_look_knows_disk_and_checkpoint_where_there_is_a_folder (void **state)
{
    (void) state;
    char folder [] = "/tmp/gradmq-look-XXXXXX", command [64];
    assert_non_null (mkdtemp (folder));
    gradmq_coordinator_t *self = s_open_kept (folder, "journal");
    gradmq_look_t *look = s_look (self, true, 0);
    assert_true (look->free_bytes > 0 && look->size_bytes >= look->free_bytes);
    //  The first checkpoint is written beside what goes on.
    while (isnan (look->checkpoint_age_s)) {
        gradmq_look_destroy (&look);
        look = s_look (self, true, 0);
    }
    assert_true (look->checkpoint_age_s >= 0 && look->checkpoint_age_s < 1000);
    assert_true (look->counters.value [GRADMQ_COUNTER_checkpoints_written] >= 1);
    assert_int_equal (look->counters.value [GRADMQ_COUNTER_checkpoints_failed], 0);
    gradmq_look_destroy (&look);
    gradmq_coordinator_destroy (&self);
    //  It is found again, and counts for nothing once nothing is kept.
    const gradmq_coordinator_options_t options = {.state = folder};
    assert_int_equal (gradmq_coordinator_open (&self, &options, NULL), GRADMQ_OK);
    look = s_look (self, true, 0);
    assert_true (!isnan (look->checkpoint_age_s));
    gradmq_look_destroy (&look);
    assert_int_equal (gradmq_coordinator_set_parameters (self, (const char *[]){"durability"},
                                                         (const char *[]){"memory"}, 1, NULL),
                      GRADMQ_OK);
    look = s_look (self, true, 0);
    assert_true (isnan (look->checkpoint_age_s));
    gradmq_look_destroy (&look);
    gradmq_coordinator_destroy (&self);
    snprintf (command, sizeof command, "rm -rf %s", folder);
    assert_int_equal (system (command), 0);
}

static void
test_look_without_a_folder_knows_neither (void **state)
{
    (void) state;
    gradmq_coordinator_t *self = s_open ();
    gradmq_look_t *look = s_look (self, true, 0);
    assert_true (isnan (look->checkpoint_age_s));
    assert_true (isnan (look->free_bytes) && isnan (look->size_bytes));
    gradmq_look_destroy (&look);
    gradmq_coordinator_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_look_has_status_settings_workers_and_counters),
        cmocka_unit_test (test_look_stays_as_it_was_when_things_go_on),
        cmocka_unit_test (test_look_has_each_report_once),
        cmocka_unit_test (test_look_knows_disk_and_checkpoint_where_there_is_a_folder),
        cmocka_unit_test (test_look_without_a_folder_knows_neither),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
