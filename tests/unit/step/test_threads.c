//  A step of several contributions has the same bits on however many threads it is made.

#include "step/distances.h"
#include "unit/step/fixture.h"

//  BIG is three threads' worth.
enum { BIG = 1600007, WORKERS = 5, STEPS = 2 };

static gradmq_layout_t *
s_layout (void)
{
    static const uint64_t small [] = {3, 5}, big [] = {BIG};
    const gradmq_tensor_spec_t specs [] = {{"small", 2, small}, {"big", 1, big}, {"b", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 3, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

//  WORKERS gradients, in dtypes of their own, cut into frames at odd places.
static void
s_fill (fixture_t *f, uint32_t seed, double *values, sample_t samples [WORKERS],
        const gradmq_gradient_t *gradients [WORKERS])
{
    static const uint32_t dtypes [WORKERS] = {0, GRADMQ_DTYPE_F16, 0, GRADMQ_DTYPE_F64, 0};
    size_t count = gradmq_layout_elements (f->layout);
    for (size_t w = 0; w < WORKERS; w++) {
        for (size_t i = 0; i < count; i++)
            values [i] = fixture_value (&seed);
        sample_whole (&samples [w], f, dtypes [w], values, 100000 + 8 * w);
        gradients [w] = &samples [w].gradient;
    }
}

static void
s_step (fixture_t *f, uint32_t seed, double *values)
{
    sample_t samples [WORKERS];
    const gradmq_gradient_t *gradients [WORKERS];
    gradmq_outcome_t outcomes [WORKERS];
    gradmq_step_report_t report;
    s_fill (f, seed, values, samples, gradients);
    for (size_t w = 0; w < WORKERS; w++)
        assert_true (gradmq_step_turn (f->step, f->model, gradients [w], &outcomes [w]));
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

//  With the tensors before and after the big one; and the inputs can be read again each time.
static void
test_distances_have_the_same_bits_on_any_number_of_threads (void **state)
{
    (void) state;
    static const char *const threads [] = {"1", "2", "3"};
    fixture_t f;
    sample_t samples [WORKERS];
    const gradmq_gradient_t *gradients [WORKERS];
    gradmq_inputs_t inputs;
    double distances [3][WORKERS * WORKERS] = {0};
    fixture_open_with (&f, s_layout ());
    double *values = malloc (gradmq_layout_elements (f.layout) * sizeof *values);
    s_fill (&f, 1, values, samples, gradients);
    assert_int_equal (gradmq_inputs_open (&inputs, f.step, f.model, gradients, WORKERS), GRADMQ_OK);
    for (size_t t = 0; t < 3; t++) {
        setenv ("GRADMQ_THREADS", threads [t], 1);
        gradmq_inputs_tensor (&inputs, 0);
        assert_int_equal (gradmq_inputs_width (&inputs), 1);
        gradmq_inputs_skip (&inputs);
        gradmq_inputs_tensor (&inputs, 1);
        assert_int_equal (gradmq_inputs_width (&inputs), t + 1);
        gradmq_inputs_rewind (&inputs);
        assert_int_equal (gradmq_distances (&inputs, distances [t]), GRADMQ_OK);
        assert_memory_equal (distances [0], distances [t], sizeof distances [0]);
    }
    for (size_t i = 0; i < WORKERS * WORKERS; i++)
        assert_int_equal (distances [0][i] > 0, i % (WORKERS + 1) > 0);
    gradmq_inputs_clear (&inputs);
    for (size_t w = 0; w < WORKERS; w++)
        sample_close (&samples [w]);
    free (values);
    fixture_close (&f);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_close_has_the_same_bits_on_any_number_of_threads),
        cmocka_unit_test (test_distances_have_the_same_bits_on_any_number_of_threads),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
