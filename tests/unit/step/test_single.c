#include "unit/step/reference.h"

static void
s_fill (double *values, uint32_t seed)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = fixture_value (&seed);
}

static double
s_norm (const double *values, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += values [i] * values [i];
    return sqrt (sum);
}

//  Apply `values` under the settings, and hold the result against p - rate x wanted.
static void
s_check_gradient (fixture_t *f, sample_t *sample, const double *wanted, double norm)
{
    double *before = fixture_parameters (f);
    gradmq_step_report_t report;
    assert_int_equal (fixture_apply (f, sample, &report).disposition, GRADMQ_APPLIED);
    double *after = fixture_parameters (f);
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_true (fabs (after [i] - (before [i] - wanted [i])) <= 1e-12);
    if (isnan (norm))
        assert_true (isnan (report.gradient_norm));
    else
        assert_true (fabs (report.gradient_norm - norm) <= 1e-9);
    assert_int_equal (report.steps, 1);
    free (before);
    free (after);
    sample_close (sample);
}

static void
test_single_loss_scale_divides_the_gradient (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    static double values [ELEMENTS], wanted [ELEMENTS];
    s_fill (values, 1);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = values [i] / 1024.0;
    sample_t sample;
    sample_whole (&sample, &f, GRADMQ_DTYPE_F16, values, 4002);
    sample.gradient.loss_scale = 1024.0;
    s_check_gradient (&f, &sample, wanted, NAN);
    memset (values, 0, sizeof values);
    sample_whole (&sample, &f, GRADMQ_DTYPE_F64, values, 8000);
    sample.gradient.loss_scale = 1e-310;
    s_check_gradient (&f, &sample, values, NAN);
    fixture_close (&f);
}

static void
test_single_ascent_goes_up_and_decay_keeps_its_sign (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "mode", "ascent", "learning_rate", "0.5", "l2", "0.1");
    static double values [ELEMENTS], wanted [ELEMENTS];
    s_fill (values, 1);
    double *p = fixture_parameters (&f);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = 0.5 * (-values [i] + 0.1 * p [i]);
    sample_t sample;
    sample_whole (&sample, &f, 0, values, 8000);
    s_check_gradient (&f, &sample, wanted, NAN);
    free (p);
    FIXTURE_SET (&f, "l2", "0", "weight_decay", "0.1");
    p = fixture_parameters (&f);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = 0.5 * (-values [i] + 0.1 * p [i]);
    sample_whole (&sample, &f, 0, values, 8000);
    s_check_gradient (&f, &sample, wanted, NAN);
    free (p);
    fixture_close (&f);
}

static void
test_single_clip_norm_shortens_a_long_contribution_only (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "clip_norm", "2");
    static double values [ELEMENTS], wanted [ELEMENTS];
    s_fill (values, 1);
    double norm = s_norm (values, 0, ELEMENTS);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = values [i] * (2 / norm);
    sample_t sample;
    sample_whole (&sample, &f, 0, values, 8000);
    s_check_gradient (&f, &sample, wanted, norm);
    sample_whole (&sample, &f, 0, values, 8000);
    sample.gradient.loss_scale = 1024;
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = values [i] / 1024;
    s_check_gradient (&f, &sample, wanted, norm / 1024);
    fixture_close (&f);
}

//  All three together, in the order of rule Y-1: norm, value, global norm.
static void
test_single_clips_in_the_order_of_the_rule (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "clip_norm", "20", "clip_value", "0.25", "clip_global_norm", "1");
    static double values [ELEMENTS], wanted [ELEMENTS];
    s_fill (values, 1);
    double norm = s_norm (values, 0, ELEMENTS);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] = fmax (-0.25, fmin (0.25, values [i] * (20 / norm)));
    double global = s_norm (wanted, 0, ELEMENTS);
    assert_true (norm > 20 && global > 1);
    for (size_t i = 0; i < ELEMENTS; i++)
        wanted [i] /= global;
    sample_t sample;
    sample_whole (&sample, &f, 0, values, 8000);
    s_check_gradient (&f, &sample, wanted, global);
    fixture_close (&f);
}

static void
test_single_norm_counts_rows_that_are_there (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "clip_global_norm", "1");
    const double rows_values [] = {1, 2, 3, 4, 5, 6}, one = 2;
    const uint32_t rows [] = {1, 5};
    double norm = sqrt (91 + 4);
    static double wanted [ELEMENTS];
    for (size_t i = 0; i < 3; i++) {
        wanted [3 + i] = rows_values [i] / norm;
        wanted [15 + i] = rows_values [3 + i] / norm;
    }
    wanted [5021] = 2 / norm;
    sample_t sample;
    sample_open (&sample, &f, 0);
    sample_part (&sample, &f, 0, GRADMQ_DTYPE_F32, rows, 2, rows_values);
    sample_part (&sample, &f, 2, GRADMQ_DTYPE_F64, NULL, 0, &one);
    sample_cut (&sample, 4);
    sample.frames [sample.gradient.payload.count - 2].size = 8;
    sample.gradient.payload.count--;
    s_check_gradient (&f, &sample, wanted, norm);
    fixture_close (&f);
}

//  First match wins; frozen tensors neither change nor count in the norm.
static void
test_single_groups_scale_decay_and_freeze (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F64);
    FIXTURE_SET (&f, "learning_rate", "0.5", "clip_global_norm", "1", "l2", "0.1", "groups",
                 "dense.b rate_scale=3 l2=0; dense.* frozen; embed.w weight_decay=0.2");
    static double values [ELEMENTS], wanted [ELEMENTS];
    s_fill (values, 1);
    double norm = s_norm (values, 0, 21);
    double rest = s_norm (values, 5021, ELEMENTS);
    norm = sqrt (norm * norm + rest * rest);
    double *p = fixture_parameters (&f);
    for (size_t i = 0; i < 21; i++)
        wanted [i] = 0.5 * (values [i] / norm + 0.1 * p [i] + 0.2 * p [i]);
    wanted [5021] = 1.5 * values [5021] / norm;
    for (size_t i = 5022; i < ELEMENTS; i++)
        wanted [i] = 0.5 * (values [i] / norm + 0.1 * p [i]);
    sample_t sample;
    sample_whole (&sample, &f, 0, values, 8008);
    s_check_gradient (&f, &sample, wanted, norm);
    free (p);
    fixture_close (&f);
}

static void
test_single_skip_makes_no_version (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 1);
    gradmq_gradient_t skip = {.kind = GRADMQ_KIND_SKIP, .weight = 1, .loss_scale = 1};
    gradmq_gradient_t *list = &skip;
    gradmq_outcome_t outcome;
    gradmq_step_report_t report;
    assert_int_equal (gradmq_step_apply (f.step, f.model, &list, 1, &outcome, &report), 1);
    assert_int_equal (outcome.disposition, GRADMQ_SKIPPED);
    assert_int_equal (outcome.code, GRADMQ_OK);
    assert_int_equal (gradmq_model_version (f.model), 0);
    assert_int_equal (report.steps, 0);
    fixture_close (&f);
}

//  Steps of tensors 1 and 3; where `spoil` is set tensor 0, which holds 1e38, gets gradients between
//  them that overflow under l2.
static void *
s_spoiled_walk (const char *optimizer, double huge, bool spoil, bool pinned)
{
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    static double values [ELEMENTS];
    double *p = fixture_parameters (&f);
    p [0] = huge;
    fixture_load (&f, p);
    FIXTURE_SET (&f, "optimizer", optimizer, "learning_rate", "0.01", "l2", "100");
    gradmq_snapshot_t *pin = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
    if (!pinned)
        gradmq_snapshot_release (&pin);
    for (uint32_t i = 0; i < 4; i++) {
        s_fill (values, i);
        sample_t sample;
        sample_open (&sample, &f, 0);
        sample_part (&sample, &f, 1, GRADMQ_DTYPE_F32, NULL, 0, values);
        sample_part (&sample, &f, 3, GRADMQ_DTYPE_F32, NULL, 0, values);
        sample_cut (&sample, 4000);
        assert_int_equal (fixture_apply (&f, &sample, NULL).disposition, GRADMQ_APPLIED);
        sample_close (&sample);
        if (!spoil)
            continue;
        uint64_t tick = gradmq_step_tick (f.step);
        const gradmq_outcome_t outcome = fixture_push (&f, values);
        assert_int_equal (outcome.disposition, GRADMQ_SKIPPED);
        assert_int_equal (outcome.code, GRADMQ_ERR_NON_FINITE);
        assert_int_equal (gradmq_step_tick (f.step), tick);
        assert_int_equal (gradmq_model_version (f.model), tick);
    }
    gradmq_snapshot_release (&pin);
    float *bytes = malloc (ELEMENTS * sizeof *bytes);
    memcpy (bytes, gradmq_snapshot_bytes (gradmq_model_newest (f.model)), ELEMENTS * sizeof *bytes);
    bytes [0] = 0;
    free (p);
    fixture_close (&f);
    return bytes;
}

static void
test_single_overflow_is_skipped_whole_and_leaves_no_trace (void **state)
{
    (void) state;
    for (size_t i = 0; gradmq_optimizer_at (i); i++) {
        const gradmq_optimizer_t *optimizer = gradmq_optimizer_at (i);
        if (!gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_l2))
            continue;
        void *plain = s_spoiled_walk (optimizer->name, 0, false, false);
        void *careful = s_spoiled_walk (optimizer->name, 1e38, false, false);
        void *spoiled = s_spoiled_walk (optimizer->name, 1e38, true, false);
        void *pinned = s_spoiled_walk (optimizer->name, 1e38, true, true);
        assert_memory_equal (plain, careful, ELEMENTS * sizeof (float));
        assert_memory_equal (plain, spoiled, ELEMENTS * sizeof (float));
        assert_memory_equal (plain, pinned, ELEMENTS * sizeof (float));
        free (plain);
        free (careful);
        free (spoiled);
        free (pinned);
    }
}

//  Whole gradients, then a partial one that is not finite and was not checked, then whole ones
//  again. The large parameter keeps the steps careful.
static void *
s_interrupted_walk (bool spoil)
{
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    static double values [ELEMENTS];
    double *p = fixture_parameters (&f);
    p [0] = 1e38;
    fixture_load (&f, p);
    free (p);
    FIXTURE_SET (&f, "optimizer", "adam", "learning_rate", "0.01");
    for (uint32_t i = 0; i < 6; i++) {
        s_fill (values, i);
        assert_int_equal (fixture_push (&f, values).disposition, GRADMQ_APPLIED);
        if (i != 3)
            continue;
        values [0] = NAN;
        sample_t sample;
        sample_open (&sample, &f, 0);
        sample_part (&sample, &f, 0, GRADMQ_DTYPE_F32, NULL, 0, values);
        sample_cut (&sample, 4000);
        gradmq_gradient_t *list = &sample.gradient;
        gradmq_outcome_t outcome = {.disposition = GRADMQ_SKIPPED};
        gradmq_step_report_t report;
        if (spoil)
            gradmq_step_apply (f.step, f.model, &list, 1, &outcome, &report);
        assert_int_equal (outcome.disposition, GRADMQ_SKIPPED);
        sample_close (&sample);
    }
    float *bytes = malloc (ELEMENTS * sizeof *bytes);
    memcpy (bytes, gradmq_snapshot_bytes (gradmq_model_newest (f.model)), ELEMENTS * sizeof *bytes);
    fixture_close (&f);
    return bytes;
}

static void
test_single_partial_not_finite_leaves_counts_as_they_were (void **state)
{
    (void) state;
    void *plain = s_interrupted_walk (false);
    void *spoiled = s_interrupted_walk (true);
    assert_memory_equal (plain, spoiled, ELEMENTS * sizeof (float));
    free (plain);
    free (spoiled);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_single_loss_scale_divides_the_gradient),
        cmocka_unit_test (test_single_ascent_goes_up_and_decay_keeps_its_sign),
        cmocka_unit_test (test_single_clip_norm_shortens_a_long_contribution_only),
        cmocka_unit_test (test_single_clips_in_the_order_of_the_rule),
        cmocka_unit_test (test_single_norm_counts_rows_that_are_there),
        cmocka_unit_test (test_single_groups_scale_decay_and_freeze),
        cmocka_unit_test (test_single_skip_makes_no_version),
        cmocka_unit_test (test_single_overflow_is_skipped_whole_and_leaves_no_trace),
        cmocka_unit_test (test_single_partial_not_finite_leaves_counts_as_they_were),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
