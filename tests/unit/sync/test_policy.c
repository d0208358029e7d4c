//  The table of policies: names, what each reads and takes, when each contribution is a step.

#include "sync/policy.h"

#include "step/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_find_every_name_and_no_other (void **state)
{
    (void) state;
    static const char *const names [] = {"async", "bsp", "ssp", "merge"};
    for (size_t i = 0; i < 4; i++) {
        assert_non_null (gradmq_policy_find (names [i]));
        assert_string_equal (gradmq_policy_find (names [i])->name, names [i]);
        assert_non_null (gradmq_policy_at (i));
    }
    assert_null (gradmq_policy_at (4));
    assert_null (gradmq_policy_find ("bs"));
    assert_null (gradmq_policy_find (""));
}

static void
test_takes_the_kinds_of_section_12_and_skip (void **state)
{
    (void) state;
    for (size_t i = 0; i < 4; i++) {
        const gradmq_policy_t *policy = gradmq_policy_at (i);
        bool merge = strcmp (policy->name, "merge") == 0;
        assert_true (gradmq_policy_takes (policy, GRADMQ_KIND_SKIP));
        assert_int_equal (gradmq_policy_takes (policy, GRADMQ_KIND_GRADIENT), !merge);
        assert_int_equal (gradmq_policy_takes (policy, GRADMQ_KIND_DELTA), merge);
        assert_int_equal (gradmq_policy_takes (policy, GRADMQ_KIND_MODEL_PARAMETERS), merge);
        assert_false (gradmq_policy_takes (policy, 0));
        assert_string_equal (policy->rule, merge ? "weighted_mean" : "mean");
    }
}

static void
test_reads_the_settings_of_section_12 (void **state)
{
    (void) state;
    static const struct {
        gradmq_setting_id_t id;
        bool by [4];  //  async, bsp, ssp, merge
    } rows [] = {
        {GRADMQ_SETTING_buffer_gradients, {true, false, false, false}},
        {GRADMQ_SETTING_max_staleness, {true, false, true, true}},
        {GRADMQ_SETTING_staleness_scale, {true, false, true, true}},
        {GRADMQ_SETTING_rule, {true, true, false, true}},
        {GRADMQ_SETTING_quorum, {false, true, false, false}},
        {GRADMQ_SETTING_round_timeout_ms, {false, true, false, false}},
        {GRADMQ_SETTING_round_minimum, {false, true, false, false}},
        {GRADMQ_SETTING_clock_bound, {false, false, true, false}},
        {GRADMQ_SETTING_merge_count, {false, false, false, true}},
        {GRADMQ_SETTING_learning_rate, {false, false, false, false}},
    };
    static const char *const names [] = {"async", "bsp", "ssp", "merge"};
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal (gradmq_policy_reads (gradmq_policy_find (names [k]), rows [i].id),
                              rows [i].by [k]);
}

static void
test_alone_where_each_gradient_is_a_step (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_resolve_defaults (&settings);
    assert_true (gradmq_policy_alone (gradmq_policy_find ("async"), &settings));
    assert_true (gradmq_policy_alone (gradmq_policy_find ("ssp"), &settings));
    assert_false (gradmq_policy_alone (gradmq_policy_find ("bsp"), &settings));
    settings.merge_count = 1;
    assert_false (gradmq_policy_alone (gradmq_policy_find ("merge"), &settings));
    settings.buffer_gradients = 2;
    assert_false (gradmq_policy_alone (gradmq_policy_find ("async"), &settings));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_find_every_name_and_no_other),
        cmocka_unit_test (test_takes_the_kinds_of_section_12_and_skip),
        cmocka_unit_test (test_reads_the_settings_of_section_12),
        cmocka_unit_test (test_alone_where_each_gradient_is_a_step),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
