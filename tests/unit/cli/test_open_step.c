#include "cli/open_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_text_says_what_each_policy_counts (void **state)
{
    (void) state;
    char text [GRADMQ_OPEN_STEP_BYTES];
    gradmq_status_report_t status = {
        .policy = "bsp", .rule = "mean", .round = 9, .contributions = 1, .min_clock = 12};
    assert_string_equal (gradmq_open_step_text (text, &status), "round 9, 1 contribution");
    status.policy = "ssp";
    status.rule = "";
    status.needed = 1;
    assert_string_equal (gradmq_open_step_text (text, &status), "least clock 12");
    status.policy = "async";
    assert_string_equal (gradmq_open_step_text (text, &status), "each gradient is a step");
    status.rule = "mean";
    status.needed = 4;
    assert_string_equal (gradmq_open_step_text (text, &status), "1 of 4 contributions");
    status.policy = NULL;
    status.rule = NULL;
    assert_string_equal (gradmq_open_step_text (text, &status), "");
}

static void
test_waiting_says_for_whom_and_until_when (void **state)
{
    (void) state;
    char text [GRADMQ_OPEN_STEP_BYTES];
    const char *names [] = {"w2", "w5"};
    gradmq_status_report_t status = {
        .waiting_for = {names, 2}, .waiting_total = 40, .has_deadline = true, .deadline_ms = 1500};
    assert_string_equal (gradmq_open_step_waiting (text, &status),
                         "w2, w5 (40 in all), no longer than 1.5 s");
    status.has_deadline = false;
    assert_string_equal (gradmq_open_step_waiting (text, &status), "w2, w5 (40 in all)");
    status = (gradmq_status_report_t){.has_deadline = true, .deadline_ms = 1500};
    assert_string_equal (gradmq_open_step_waiting (text, &status), "no longer than 1.5 s");
    status.has_deadline = false;
    assert_string_equal (gradmq_open_step_waiting (text, &status), "");
}

//  As many whole names as there is room for.
static void
test_waiting_long_names_stay_within (void **state)
{
    (void) state;
    char text [GRADMQ_OPEN_STEP_BYTES], name [65];
    const char *names [16];
    memset (name, 'x', 64);
    name [64] = 0;
    for (int i = 0; i < 16; i++)
        names [i] = name;
    const gradmq_status_report_t status = {.waiting_for = {names, 16},
                                           .waiting_total = 4000000000,
                                           .has_deadline = true,
                                           .deadline_ms = UINT64_MAX / 2};
    gradmq_open_step_waiting (text, &status);
    assert_true (strlen (text) < sizeof text - 1);
    assert_non_null (strstr (text, "x (4000000000 in all), no longer than "));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_text_says_what_each_policy_counts),
        cmocka_unit_test (test_waiting_says_for_whom_and_until_when),
        cmocka_unit_test (test_waiting_long_names_stay_within),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
