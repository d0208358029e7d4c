#include "unit/step/reference.h"

static const double s_ones [SMALL] = {1, 1, 1, 1, 1, 1, 1};

static double
s_first (const fixture_t *f)
{
    double *p = fixture_parameters (f);
    double first = p [0];
    free (p);
    return first;
}

//  Rates of linear warm-up over 4 steps into a line from 1 to 0.5 over 10, by hand.
static void
test_apply_schedule_and_warmup_tick_once_a_step (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 100);
    FIXTURE_SET (&f, "learning_rate", "2", "schedule", "linear", "schedule_steps", "10",
                 "schedule_final", "0.5", "warmup_steps", "4");
    double wanted = 100;
    for (uint64_t tick = 0; tick < 14; tick++) {
        double share = tick < 10 ? 1 - 0.5 * (double) tick / 10 : 0.5;
        double warm = tick < 4 ? (double) (tick + 1) / 4 : 1;
        assert_true (fabs (gradmq_step_rate (f.step) - 2 * share * warm) < 1e-14);
        wanted -= 2 * share * warm;
        assert_int_equal (fixture_push (&f, s_ones).disposition, GRADMQ_APPLIED);
        assert_true (fabs (s_first (&f) - wanted) < 1e-12);
    }
    assert_int_equal (gradmq_step_tick (f.step), 14);
    fixture_close (&f);
}

static void
test_set_numbers_keep_state_and_tick (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "optimizer", "adam", "learning_rate", "0.1");
    reference_t r;
    reference_open (&r, &f);
    static double values [ELEMENTS];
    uint32_t seed = 1;
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = fixture_value (&seed);
    fixture_push (&f, values);
    reference_whole (&r, values, 0.1, 0, 0);
    FIXTURE_SET (&f, "learning_rate", "0.05", "beta1", "0.8", "groups", "dense.* rate_scale=2");
    for (int i = 0; i < 2; i++) {
        fixture_push (&f, values);
        for (size_t t = 0; t < TENSORS; t++)
            reference_step (&r, t, values + gradmq_layout_tensor (f.layout, t)->first,
                            t == 1 || t == 2 ? 0.1 : 0.05, 0, 0, NULL, 0);
    }
    reference_compare (&r, &f, 1e-12);
    assert_int_equal (gradmq_step_tick (f.step), 3);
    reference_close (&r);
    fixture_close (&f);
}

//  A partial gradient before a change of groups: counts stay with their tensors.
static void
test_set_groups_after_a_partial_gradient_keep_counts (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "optimizer", "nadam", "learning_rate", "0.1");
    reference_t r;
    reference_open (&r, &f);
    static double values [ELEMENTS];
    uint32_t seed = 1;
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = fixture_value (&seed);
    fixture_push (&f, values);
    reference_whole (&r, values, 0.1, 0, 0);
    sample_t sample;
    sample_open (&sample, &f, 0);
    sample_part (&sample, &f, 1, GRADMQ_DTYPE_F64, NULL, 0, values);
    sample_cut (&sample, 80000);
    assert_int_equal (fixture_apply (&f, &sample, NULL).disposition, GRADMQ_APPLIED);
    reference_step (&r, 1, values, 0.1, 0, 0, NULL, 0);
    sample_close (&sample);
    FIXTURE_SET (&f, "groups", "head.* rate_scale=0.5");
    for (int i = 0; i < 2; i++) {
        fixture_push (&f, values);
        for (size_t t = 0; t < TENSORS; t++)
            reference_step (&r, t, values + gradmq_layout_tensor (f.layout, t)->first,
                            t == 3 ? 0.05 : 0.1, 0, 0, NULL, 0);
    }
    reference_compare (&r, &f, 1e-12);
    reference_close (&r);
    fixture_close (&f);
}

static void
test_set_other_optimizer_resets_state_and_keeps_the_tick (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 0);
    FIXTURE_SET (&f, "optimizer", "momentum", "learning_rate", "1", "schedule", "step",
                 "schedule_steps", "2", "schedule_factor", "0.5");
    fixture_push (&f, s_ones);
    fixture_push (&f, s_ones);
    assert_true (fabs (s_first (&f) + 2.9) < 1e-12);
    assert_int_equal (gradmq_step_state_bytes (f.step), 56);
    FIXTURE_SET (&f, "optimizer", "nesterov", "learning_rate", "1");
    assert_int_equal (gradmq_step_tick (f.step), 2);
    fixture_push (&f, s_ones);
    assert_true (fabs (s_first (&f) + 2.9 + 0.5 * 1.9) < 1e-12);
    FIXTURE_SET (&f, "schedule", "constant");
    assert_int_equal (gradmq_step_tick (f.step), 0);
    FIXTURE_SET (&f, "optimizer", "sgd", "learning_rate", "1");
    assert_int_equal (gradmq_step_state_bytes (f.step), 0);
    fixture_close (&f);
}

static void
test_set_pattern_without_a_tensor_is_refused_and_changes_nothing (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 0);
    FIXTURE_SET (&f, "optimizer", "momentum", "learning_rate", "1", "schedule", "linear");
    fixture_push (&f, s_ones);
    gradmq_reason_t reason;
    const char *const pairs [] = {
        "optimizer", "adam",   "learning_rate", "7",
        "schedule",  "cosine", "groups",        "t rate_scale=2; head.* frozen",
        NULL};
    assert_int_equal (fixture_try (&f, pairs, &reason), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (reason.text, "'head.*'"));
    assert_int_equal (gradmq_step_tick (f.step), 1);
    FIXTURE_SET (&f, "schedule", "linear", "schedule_final", "1");
    fixture_push (&f, s_ones);
    assert_true (fabs (s_first (&f) + 2.9) < 1e-12);
    fixture_close (&f);
}

static void
test_prepare_groups_are_checked_against_the_new_layout (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 0);
    FIXTURE_SET (&f, "optimizer", "momentum", "learning_rate", "1", "groups", "t rate_scale=2");
    fixture_push (&f, s_ones);
    gradmq_layout_t *other = fixture_layout (GRADMQ_DTYPE_F64);
    assert_int_equal (gradmq_step_prepare (f.step, other, NULL), GRADMQ_ERR_ARGUMENT);
    fixture_push (&f, s_ones);
    assert_true (fabs (s_first (&f) + 2 * 2.9) < 1e-12);
    gradmq_layout_release (&other);
    fixture_close (&f);
}

static void
test_prepare_impossible_state_is_out_of_memory_and_changes_nothing (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 0);
    FIXTURE_SET (&f, "optimizer", "adam");
    const uint64_t huge [] = {1ull << 20, 1ull << 20};
    const gradmq_tensor_spec_t spec = {"t", 2, huge};
    gradmq_layout_t *other;
    assert_int_equal (gradmq_layout_open (&other, &spec, 1, GRADMQ_DTYPE_F64, NULL), GRADMQ_OK);
    FIXTURE_SET (&f, "optimizer", "sgd");
    assert_int_equal (gradmq_step_prepare (f.step, other, NULL), GRADMQ_OK);
    gradmq_layout_release (&other);
    fixture_push (&f, s_ones);
    assert_true (s_first (&f) < 0);
    fixture_close (&f);
}

static void
test_reset_after_a_load_begins_state_and_schedule_anew (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F64, 0);
    FIXTURE_SET (&f, "optimizer", "momentum", "learning_rate", "1");
    for (int i = 0; i < 2; i++) {
        const double zeros [SMALL] = {0};
        fixture_load (&f, zeros);
        assert_int_equal (gradmq_step_tick (f.step), 0);
        fixture_push (&f, s_ones);
        fixture_push (&f, s_ones);
        assert_true (fabs (s_first (&f) + 2.9) < 1e-12);
    }
    fixture_close (&f);
}

static void
test_apply_without_a_model_is_refused (void **state)
{
    (void) state;
    uint64_t now = 1;
    gradmq_model_t *model = gradmq_model_new (
        (gradmq_clock_t){.monotonic_us = fixture_time, .unix_us = fixture_time, .context = &now});
    gradmq_step_t *step = gradmq_step_new ();
    gradmq_settings_t settings;
    gradmq_resolve_defaults (&settings);
    assert_int_equal (gradmq_step_set (step, &settings, NULL, NULL), GRADMQ_OK);
    gradmq_gradient_t gradient = {.kind = GRADMQ_KIND_GRADIENT, .weight = 1, .loss_scale = 1};
    gradmq_gradient_t *list = &gradient;
    gradmq_outcome_t outcome;
    gradmq_step_report_t report;
    assert_int_equal (gradmq_step_apply (step, model, &list, 1, &outcome, &report), 1);
    assert_int_equal (outcome.disposition, GRADMQ_REFUSED);
    assert_int_equal (outcome.code, GRADMQ_ERR_NO_MODEL);
    assert_int_equal (gradmq_step_apply (step, model, &list, 0, &outcome, &report), 0);
    gradmq_step_destroy (&step);
    gradmq_step_destroy (&step);
    gradmq_model_destroy (&model);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_apply_schedule_and_warmup_tick_once_a_step),
        cmocka_unit_test (test_set_numbers_keep_state_and_tick),
        cmocka_unit_test (test_set_groups_after_a_partial_gradient_keep_counts),
        cmocka_unit_test (test_set_other_optimizer_resets_state_and_keeps_the_tick),
        cmocka_unit_test (test_set_pattern_without_a_tensor_is_refused_and_changes_nothing),
        cmocka_unit_test (test_prepare_groups_are_checked_against_the_new_layout),
        cmocka_unit_test (test_prepare_impossible_state_is_out_of_memory_and_changes_nothing),
        cmocka_unit_test (test_reset_after_a_load_begins_state_and_schedule_anew),
        cmocka_unit_test (test_apply_without_a_model_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
