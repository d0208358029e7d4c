#include "cli/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_row_set_sums_what_was_not_applied_and_names_it (void **state)
{
    (void) state;
    const gradmq_counter_t counters [] = {
        {"APPLIED", 90}, {"EXCLUDED", 0}, {"SKIPPED", 2}, {"REFUSED.EPOCH", 3}};
    gradmq_metric_t metrics [2] = {{.name = "loss", .value = 0.25}, {.value = 1}};
    memcpy (metrics [1].name, "a\033b", 4);
    gradmq_worker_row_t row = {.name = "w\n1",
                               .incarnation = 7,
                               .clock = 12,
                               .dispositions = counters,
                               .disposition_count = 4,
                               .metrics = metrics,
                               .metric_count = 2};
    gradmq_roster_row_t copy;
    gradmq_roster_row_set (&copy, &row);
    assert_string_equal (copy.name, "w?1");
    assert_int_equal (copy.clock, 12);
    assert_int_equal (copy.applied, 90);
    assert_int_equal (copy.not_applied, 5);
    assert_string_equal (copy.not_applied_text, "2 SKIPPED, 3 REFUSED.EPOCH");
    assert_string_equal (copy.metrics_text, "loss 0.25, a?b 1");
}

static void
test_row_set_many_metrics_are_cut (void **state)
{
    (void) state;
    gradmq_metric_t metrics [GRADMQ_METRICS_MAX] = {{.value = 0}};
    for (size_t i = 0; i < GRADMQ_METRICS_MAX; i++)
        memset (metrics [i].name, 'm', GRADMQ_NAME_BYTES_MAX);
    gradmq_worker_row_t row = {.metrics = metrics, .metric_count = GRADMQ_METRICS_MAX};
    gradmq_roster_row_t copy;
    gradmq_roster_row_set (&copy, &row);
    assert_string_equal (copy.name, "?");
    assert_int_equal (copy.metric_count, GRADMQ_ROSTER_METRICS);
    assert_true (strlen (copy.metrics_text) < GRADMQ_ROSTER_TEXT_BYTES);
}

static void
test_find_wants_name_and_incarnation (void **state)
{
    (void) state;
    gradmq_roster_row_t rows [] = {{.name = "a", .incarnation = 1},
                                   {.name = "b", .incarnation = 2}};
    gradmq_roster_t roster = {rows, 2};
    assert_ptr_equal (gradmq_roster_find (&roster, "b", 2), &rows [1]);
    assert_null (gradmq_roster_find (&roster, "b", 1));
    assert_null (gradmq_roster_find (&roster, "c", 2));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_row_set_sums_what_was_not_applied_and_names_it),
        cmocka_unit_test (test_row_set_many_metrics_are_cut),
        cmocka_unit_test (test_find_wants_name_and_incarnation),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
