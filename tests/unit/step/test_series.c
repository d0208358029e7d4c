#include "unit/step/fixture.h"

enum { GRADIENTS = 70 };

//  Gradients of several dtypes, scales and frames over the fixture's layout.
static void
s_open_samples (const fixture_t *f, sample_t samples [GRADIENTS])
{
    static double values [ELEMENTS];
    uint32_t seed = 1;
    for (size_t i = 0; i < GRADIENTS; i++) {
        for (size_t e = 0; e < ELEMENTS; e++)
            values [e] = fixture_value (&seed);
        uint32_t dtype = i % 4 == 3 ? GRADMQ_DTYPE_F16 : i % 7 == 5 ? GRADMQ_DTYPE_F64 : 0;
        uint32_t code = dtype ? dtype : gradmq_layout_dtype (f->layout)->code;
        sample_whole (&samples [i], f, code, values, i % 2 ? 1u << 20 : 808);
        samples [i].gradient.dtype = dtype;
        samples [i].gradient.loss_scale = i % 5 == 4 ? 8.0 : 1.0;
    }
}

//  Apply all of them; returns how many calls it took, and the parameters.
static size_t
s_walk (const char *coalesce, uint32_t master, const char *mode, const char *groups, size_t pin_at,
        void **bytes)
{
    fixture_t f;
    fixture_open (&f, master);
    FIXTURE_SET (&f, "mode", mode, "coalesce", coalesce, "learning_rate", "0.1", "schedule",
                 "exponential", "schedule_steps", "10", "warmup_steps", "5", "groups", groups);
    sample_t samples [GRADIENTS];
    gradmq_gradient_t *list [GRADIENTS];
    s_open_samples (&f, samples);
    for (size_t i = 0; i < GRADIENTS; i++)
        list [i] = &samples [i].gradient;
    gradmq_outcome_t outcomes [GRADIENTS];
    size_t calls = 0, done = 0;
    gradmq_snapshot_t *pin = NULL;
    for (; done < GRADIENTS; calls++) {
        if (calls == pin_at)
            pin = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
        gradmq_step_report_t report;
        size_t consumed = gradmq_step_apply (f.step, f.model, list + done, GRADIENTS - done,
                                             outcomes + done, &report);
        assert_int_equal (report.steps, consumed);
        done += consumed;
        assert_int_equal (gradmq_model_version (f.model), done);
        assert_int_equal (gradmq_step_tick (f.step), done);
    }
    for (size_t i = 0; i < GRADIENTS; i++) {
        assert_int_equal (outcomes [i].disposition, GRADMQ_APPLIED);
        sample_close (&samples [i]);
    }
    *bytes = malloc (gradmq_layout_bytes (f.layout));
    memcpy (*bytes, gradmq_snapshot_bytes (gradmq_model_newest (f.model)),
            gradmq_layout_bytes (f.layout));
    gradmq_snapshot_release (&pin);
    fixture_close (&f);
    return calls;
}

static void
s_compare (uint32_t master, const char *mode, const char *groups, size_t pin_at)
{
    void *one_by_one, *together;
    assert_int_equal (s_walk ("false", master, mode, groups, pin_at, &one_by_one), GRADIENTS);
    assert_int_equal (s_walk ("true", master, mode, groups, pin_at, &together), 2);
    assert_memory_equal (one_by_one, together, ELEMENTS * gradmq_dtype (master)->size);
    free (one_by_one);
    free (together);
}

static void
test_series_has_the_bits_of_one_by_one (void **state)
{
    (void) state;
    for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++) {
        s_compare (master, "descent", "", SIZE_MAX);
        s_compare (master, "ascent", "", SIZE_MAX);
        s_compare (master, "descent", "dense.w rate_scale=0.3; head.* frozen", SIZE_MAX);
        s_compare (master, "descent", "dense.w rate_scale=0.3; head.* frozen", 0);
    }
}

static size_t
s_first_call (fixture_t *f, const char *const *pairs)
{
    assert_int_equal (fixture_try (f, pairs, NULL), GRADMQ_OK);
    sample_t samples [GRADIENTS];
    gradmq_gradient_t *list [GRADIENTS];
    s_open_samples (f, samples);
    for (size_t i = 0; i < GRADIENTS; i++)
        list [i] = &samples [i].gradient;
    gradmq_outcome_t outcomes [GRADIENTS];
    gradmq_step_report_t report;
    size_t consumed = gradmq_step_apply (f->step, f->model, list, GRADIENTS, outcomes, &report);
    for (size_t i = 0; i < GRADIENTS; i++)
        sample_close (&samples [i]);
    return consumed;
}

static void
test_series_with_clipping_decay_or_state_is_one_by_one (void **state)
{
    (void) state;
    const char *const settings [][4] = {
        {"clip_norm", "1", NULL},        {"clip_value", "1", NULL},
        {"clip_global_norm", "1", NULL}, {"l2", "0.1", NULL},
        {"weight_decay", "0.1", NULL},   {"coalesce", "false", NULL},
        {"optimizer", "adam", NULL},     {"optimizer", "momentum", NULL},
        {"groups", "head.w l2=1", NULL}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        fixture_t f;
        fixture_open (&f, GRADMQ_DTYPE_F32);
        assert_int_equal (s_first_call (&f, settings [i]), 1);
        fixture_close (&f);
    }
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    const char *const none [] = {NULL};
    assert_int_equal (s_first_call (&f, none), 64);
    fixture_close (&f);
}

//  Values are checked before; this is the net below. Large parameters, so that nothing is written
//  where it cannot be taken back.
static void
test_series_with_a_non_finite_one_skips_exactly_that (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 5e36);
    sample_t samples [5];
    gradmq_gradient_t *list [5];
    gradmq_outcome_t outcomes [5];
    for (size_t i = 0; i < 5; i++) {
        double values [SMALL] = {1e30, 1e30, 1e30, 1e30, 1e30, 1e30, i == 2 ? NAN : 1e30};
        sample_whole (&samples [i], &f, GRADMQ_DTYPE_F32, values, 12);
        list [i] = &samples [i].gradient;
    }
    gradmq_step_report_t report;
    for (size_t done = 0; done < 5;)
        done +=
            gradmq_step_apply (f.step, f.model, list + done, 5 - done, outcomes + done, &report);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal (outcomes [i].disposition, i == 2 ? GRADMQ_SKIPPED : GRADMQ_APPLIED);
        assert_int_equal (outcomes [i].code, i == 2 ? GRADMQ_ERR_NON_FINITE : GRADMQ_OK);
        sample_close (&samples [i]);
    }
    assert_int_equal (gradmq_model_version (f.model), 4);
    float wanted = 5e36f;
    for (size_t i = 0; i < 4; i++)
        wanted -= 1e30f;
    assert_true (*(const float *) gradmq_snapshot_bytes (gradmq_model_newest (f.model)) == wanted);
    fixture_close (&f);
}

//  Each of a series meets the version that those before it make.
static void
test_series_staleness_counts_versions_on_the_way (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 1);
    FIXTURE_SET (&f, "max_staleness", "2");
    sample_t samples [5];
    gradmq_gradient_t *list [5];
    gradmq_outcome_t outcomes [5];
    const double values [SMALL] = {0};
    for (size_t i = 0; i < 5; i++) {
        sample_whole (&samples [i], &f, GRADMQ_DTYPE_F32, values, 28);
        samples [i].gradient.has_base = true;
        samples [i].gradient.base_epoch = gradmq_model_epoch (f.model);
        list [i] = &samples [i].gradient;
    }
    gradmq_step_report_t report;
    assert_int_equal (gradmq_step_apply (f.step, f.model, list, 5, outcomes, &report), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal (outcomes [i].staleness, i);
    assert_int_equal (gradmq_step_apply (f.step, f.model, list + 3, 2, outcomes, &report), 1);
    assert_int_equal (outcomes [0].disposition, GRADMQ_REFUSED);
    assert_int_equal (outcomes [0].code, GRADMQ_ERR_STALE);
    assert_int_equal (report.steps, 0);
    for (size_t i = 0; i < 5; i++)
        sample_close (&samples [i]);
    fixture_close (&f);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_series_has_the_bits_of_one_by_one),
        cmocka_unit_test (test_series_with_clipping_decay_or_state_is_one_by_one),
        cmocka_unit_test (test_series_with_a_non_finite_one_skips_exactly_that),
        cmocka_unit_test (test_series_staleness_counts_versions_on_the_way),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
