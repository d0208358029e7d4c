//  The norms of a step that is measured.

#include "unit/step/fixture.h"

static double
s_norm (const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values [i] * values [i];
    return sqrt (sum);
}

static void
s_fill (double *values, uint32_t seed)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = fixture_value (&seed);
}

//  Apply one gradient; returns the norm of what changed.
static double
s_apply (fixture_t *f, const double *values, gradmq_step_report_t *report)
{
    double *before = fixture_parameters (f);
    sample_t sample;
    sample_whole (&sample, f, 0, values, 4000);
    assert_int_equal (fixture_apply (f, &sample, report).disposition, GRADMQ_APPLIED);
    sample_close (&sample);
    double *after = fixture_parameters (f);
    for (size_t i = 0; i < ELEMENTS; i++)
        before [i] -= after [i];
    double norm = s_norm (before, ELEMENTS);
    free (before);
    free (after);
    return norm;
}

static void
test_measure_tells_both_norms_of_the_next_step_alone (void **state)
{
    (void) state;
    static double values [ELEMENTS];
    static const uint32_t dtypes [] = {GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64};
    s_fill (values, 3);
    for (size_t d = 0; d < 2; d++) {
        fixture_t f;
        gradmq_step_report_t report;
        fixture_open (&f, dtypes [d]);
        FIXTURE_SET (&f, "optimizer", "adam", "learning_rate", "0.25");
        s_apply (&f, values, &report);
        assert_true (isnan (report.gradient_norm) && isnan (report.update_norm));
        gradmq_step_measure (f.step);
        double moved = s_apply (&f, values, &report);
        assert_true (fabs (report.gradient_norm / s_norm (values, ELEMENTS) - 1) < 1e-6);
        assert_true (fabs (report.update_norm / moved - 1) < 1e-5);
        s_apply (&f, values, &report);
        assert_true (isnan (report.gradient_norm) && isnan (report.update_norm));
        fixture_close (&f);
    }
}

//  Where a step is measured has no influence on what it makes.
static void
test_measure_changes_no_bit (void **state)
{
    (void) state;
    static double values [ELEMENTS];
    fixture_t plain, measured;
    fixture_open (&plain, GRADMQ_DTYPE_F32);
    fixture_open (&measured, GRADMQ_DTYPE_F32);
    gradmq_step_report_t report;
    for (uint32_t step = 0; step < 5; step++) {
        s_fill (values, 17 + step);
        s_apply (&plain, values, &report);
        gradmq_step_measure (measured.step);
        s_apply (&measured, values, &report);
    }
    assert_memory_equal (gradmq_snapshot_bytes (gradmq_model_newest (plain.model)),
                         gradmq_snapshot_bytes (gradmq_model_newest (measured.model)),
                         ELEMENTS * sizeof (float));
    fixture_close (&plain);
    fixture_close (&measured);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_measure_tells_both_norms_of_the_next_step_alone),
        cmocka_unit_test (test_measure_changes_no_bit),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
