//  A step of several contributions has the same bits on however many threads it is made.

#include "unit/step/fixture.h"

enum { BIG = 1200007, WORKERS = 5, STEPS = 2 };

static gradmq_layout_t *
s_layout (void)
{
    static const uint64_t small [] = {3, 5}, big [] = {BIG};
    const gradmq_tensor_spec_t specs [] = {{"small", 2, small}, {"big", 1, big}, {"b", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 3, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

//  One step of WORKERS gradients, in dtypes of their own, cut into frames at odd places.
static void
s_step (fixture_t *f, uint32_t seed, double *values)
{
    static const uint32_t dtypes [WORKERS] = {0, GRADMQ_DTYPE_F16, 0, GRADMQ_DTYPE_F64, 0};
    sample_t samples [WORKERS];
    const gradmq_gradient_t *gradients [WORKERS];
    gradmq_outcome_t outcomes [WORKERS];
    gradmq_step_report_t report;
    size_t count = gradmq_layout_elements (f->layout);
    for (size_t w = 0; w < WORKERS; w++) {
        for (size_t i = 0; i < count; i++)
            values [i] = fixture_value (&seed);
        sample_whole (&samples [w], f, dtypes [w], values, 100000 + 8 * w);
        gradients [w] = &samples [w].gradient;
        assert_true (gradmq_step_turn (f->step, f->model, gradients [w], &outcomes [w]));
    }
    gradmq_step_close (f->step, f->model, gradients, WORKERS, outcomes, &report);
    assert_int_equal (report.steps, 1);
    for (size_t w = 0; w < WORKERS; w++)
        sample_close (&samples [w]);
}

//  The parameters after a few steps; free () them.
static float *
s_train (const char *threads, const char *rule)
{
    setenv ("GRADMQ_THREADS", threads, 1);
    fixture_t f;
    fixture_open_with (&f, s_layout ());
    FIXTURE_SET (&f, "policy", "bsp", "rule", rule, "optimizer", "adam");
    size_t count = gradmq_layout_elements (f.layout);
    double *values = malloc (count * sizeof *values);
    for (uint32_t step = 0; step < STEPS; step++)
        s_step (&f, step + 1, values);
    float *parameters = malloc (count * sizeof *parameters);
    memcpy (parameters, gradmq_snapshot_bytes (gradmq_model_newest (f.model)),
            count * sizeof *parameters);
    free (values);
    fixture_close (&f);
    return parameters;
}

static void
test_close_has_the_same_bits_on_any_number_of_threads (void **state)
{
    (void) state;
    static const char *const rules [] = {"mean", "median", "krum", "nnm_trimmed_mean"};
    for (size_t r = 0; r < sizeof rules / sizeof rules [0]; r++) {
        float *one = s_train ("1", rules [r]), *three = s_train ("3", rules [r]);
        assert_memory_equal (one, three, (BIG + 16) * sizeof *one);
        free (one);
        free (three);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_close_has_the_same_bits_on_any_number_of_threads),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
