#include "unit/step/reference.h"

#include "kernel/isa.h"

static void
s_fill (double *values, uint32_t seed)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        values [i] = fixture_value (&seed);
}

static void
s_apply_whole (fixture_t *f, reference_t *r, uint32_t dtype, size_t piece, uint32_t seed,
               double rate, double l2, double decay)
{
    static double values [ELEMENTS];
    s_fill (values, seed);
    sample_t sample;
    sample_whole (&sample, f, dtype, values, piece);
    assert_int_equal (fixture_apply (f, &sample, NULL).disposition, GRADMQ_APPLIED);
    reference_whole (r, values, rate, l2, decay);
    sample_close (&sample);
}

//  Tensor 1 in one dtype, tensor 3 in another; 0 and 2 are absent.
static void
s_apply_partial (fixture_t *f, reference_t *r, uint32_t seed, double rate, double l2, double decay)
{
    static double values [ELEMENTS];
    s_fill (values, seed);
    sample_t sample;
    sample_open (&sample, f, 0);
    sample_part (&sample, f, 1, GRADMQ_DTYPE_F64, NULL, 0, values);
    sample_part (&sample, f, 3, GRADMQ_DTYPE_BF16, NULL, 0, values + 5000);
    sample_cut (&sample, 808);
    assert_int_equal (fixture_apply (f, &sample, NULL).disposition, GRADMQ_APPLIED);
    reference_step (r, 1, values, rate, l2, decay, NULL, 0);
    reference_step (r, 3, values + 5000, rate, l2, decay, NULL, 0);
    sample_close (&sample);
}

static void
s_apply_rows (fixture_t *f, reference_t *r, uint32_t seed, double rate, double decay)
{
    static double values [ELEMENTS];
    s_fill (values, seed);
    const uint32_t first [] = {0, 2, 3, 6}, second [] = {4, 4096, 4097, 4999};
    sample_t sample;
    sample_open (&sample, f, 0);
    sample_part (&sample, f, 0, GRADMQ_DTYPE_F16, first, 4, values);
    sample_part (&sample, f, 1, GRADMQ_DTYPE_F32, second, 4, values + 12);
    sample_cut (&sample, 4);
    assert_int_equal (fixture_apply (f, &sample, NULL).disposition, GRADMQ_APPLIED);
    reference_step (r, 0, values, rate, 0, decay, first, 4);
    reference_step (r, 1, values + 12, rate, 0, decay, second, 4);
    sample_close (&sample);
}

static void
s_run_optimizer (const gradmq_optimizer_t *optimizer, uint32_t master, bool decays)
{
    fixture_t f;
    fixture_open (&f, master);
    FIXTURE_SET (&f, "optimizer", optimizer->name, "learning_rate", "0.01");
    double l2 = 0, decay = 0;
    if (decays && gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_l2)) {
        FIXTURE_SET (&f, "l2", "0.02");
        l2 = 0.02;
    }
    if (decays && gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_weight_decay))
        FIXTURE_SET (&f, "weight_decay", "0.03");
    if (gradmq_optimizer_reads (optimizer, GRADMQ_SETTING_weight_decay))
        decay = f.settings.weight_decay;
    assert_int_equal (gradmq_step_state_bytes (f.step),
                      optimizer->states * gradmq_layout_bytes (f.layout));
    reference_t r;
    reference_open (&r, &f);
    s_apply_whole (&f, &r, GRADMQ_DTYPE_F32, 4000, 1, 0.01, l2, decay);
    s_apply_whole (&f, &r, GRADMQ_DTYPE_F16, 1002, 2, 0.01, l2, decay);
    s_apply_partial (&f, &r, 3, 0.01, l2, decay);
    if (!optimizer->trust_ratio && !decays)
        s_apply_rows (&f, &r, 4, 0.01, decay);
    s_apply_whole (&f, &r, GRADMQ_DTYPE_BF16, 1u << 20, 5, 0.01, l2, decay);
    s_apply_whole (&f, &r, GRADMQ_DTYPE_F64, 8008, 6, 0.01, l2, decay);
    reference_compare (&r, &f, master == GRADMQ_DTYPE_F64 ? 1e-10 : 1e-4);
    assert_int_equal (gradmq_model_version (f.model), gradmq_step_tick (f.step));
    reference_close (&r);
    fixture_close (&f);
}

static void
test_apply_every_optimizer_equals_plain_doubles (void **state)
{
    (void) state;
    for (size_t i = 0; gradmq_optimizer_at (i); i++)
        for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++) {
            s_run_optimizer (gradmq_optimizer_at (i), master, false);
            s_run_optimizer (gradmq_optimizer_at (i), master, true);
        }
}

//  A walk with everything in it; returns the parameters' bytes.
static void *
s_walk (const char *optimizer, bool pinned)
{
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    FIXTURE_SET (&f, "optimizer", optimizer, "learning_rate", "0.01", "clip_value", "0.9");
    reference_t unused;
    reference_open (&unused, &f);
    gradmq_snapshot_t *pins [6];
    for (uint32_t i = 0; i < 6; i++) {
        pins [i] = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
        if (!pinned)
            gradmq_snapshot_release (&pins [i]);
        if (i % 3 == 1)
            s_apply_partial (&f, &unused, i, 0.01, 0, 0);
        else if (i == 5 && !gradmq_optimizer_find (optimizer)->trust_ratio)
            s_apply_rows (&f, &unused, i, 0.01, 0);
        else
            s_apply_whole (&f, &unused, GRADMQ_DTYPE_F32, 4004, i, 0.01, 0, 0);
    }
    void *bytes = malloc (gradmq_layout_bytes (f.layout));
    memcpy (bytes, gradmq_snapshot_bytes (gradmq_model_newest (f.model)),
            gradmq_layout_bytes (f.layout));
    for (uint32_t i = 0; i < 6; i++)
        gradmq_snapshot_release (&pins [i]);
    reference_close (&unused);
    fixture_close (&f);
    return bytes;
}

static void
test_apply_out_of_place_has_the_bits_of_in_place (void **state)
{
    (void) state;
    for (size_t i = 0; gradmq_optimizer_at (i); i++) {
        void *in_place = s_walk (gradmq_optimizer_at (i)->name, false);
        void *elsewhere = s_walk (gradmq_optimizer_at (i)->name, true);
        assert_memory_equal (in_place, elsewhere, ELEMENTS * sizeof (float));
        free (in_place);
        free (elsewhere);
    }
}

static void
test_apply_every_instruction_set_has_the_same_bits (void **state)
{
    (void) state;
    gradmq_isa_t before = gradmq_isa ();
    for (size_t i = 0; gradmq_optimizer_at (i); i++) {
        assert_true (gradmq_isa_use (GRADMQ_ISA_BASELINE));
        void *baseline = s_walk (gradmq_optimizer_at (i)->name, false);
        for (gradmq_isa_t isa = GRADMQ_ISA_AVX2; isa < GRADMQ_ISAS; isa++) {
            if (!gradmq_isa_use (isa))
                continue;
            void *other = s_walk (gradmq_optimizer_at (i)->name, false);
            assert_memory_equal (baseline, other, ELEMENTS * sizeof (float));
            free (other);
        }
        free (baseline);
    }
    assert_true (gradmq_isa_use (before));
}

static void
test_apply_while_a_reader_holds_the_newest_it_stays_as_it_was (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    double *before = fixture_parameters (&f);
    gradmq_snapshot_t *pin = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
    static double values [ELEMENTS];
    s_fill (values, 3);
    assert_int_equal (fixture_push (&f, values).disposition, GRADMQ_APPLIED);
    assert_int_equal (fixture_push (&f, values).disposition, GRADMQ_APPLIED);
    const float *held = gradmq_snapshot_bytes (pin);
    for (size_t i = 0; i < ELEMENTS; i++)
        assert_true ((double) held [i] == before [i]);
    assert_int_equal (gradmq_snapshot_version (pin), 0);
    assert_int_equal (gradmq_model_version (f.model), 2);
    gradmq_snapshot_release (&pin);
    free (before);
    fixture_close (&f);
}

//  Above 16 MiB what is written elsewhere goes past the caches; absent and frozen tensors too.
static void
test_apply_large_model_elsewhere_equals_in_place (void **state)
{
    (void) state;
    const uint64_t large = 4500001, small = 3;
    const gradmq_tensor_spec_t specs [] = {{"a", 1, &small}, {"b", 1, &large}, {"c", 1, &small}};
    float *results [2];
    double *values = malloc ((large + 6) * sizeof *values);
    uint32_t seed = 5;
    for (size_t i = 0; i < large + 6; i++)
        values [i] = fixture_value (&seed);
    for (int pinned = 0; pinned < 2; pinned++) {
        fixture_t f;
        gradmq_layout_t *layout;
        assert_int_equal (gradmq_layout_open (&layout, specs, 3, GRADMQ_DTYPE_F32, NULL),
                          GRADMQ_OK);
        fixture_open_with (&f, layout);
        FIXTURE_SET (&f, "optimizer", "adam", "groups", "c frozen");
        gradmq_snapshot_t *pin = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
        if (!pinned)
            gradmq_snapshot_release (&pin);
        assert_int_equal (fixture_push (&f, values).disposition, GRADMQ_APPLIED);
        sample_t sample;
        sample_open (&sample, &f, 0);
        sample_part (&sample, &f, 0, GRADMQ_DTYPE_F32, NULL, 0, values);
        sample_cut (&sample, 4);
        gradmq_snapshot_t *next = gradmq_snapshot_acquire (gradmq_model_newest (f.model));
        if (!pinned)
            gradmq_snapshot_release (&next);
        assert_int_equal (fixture_apply (&f, &sample, NULL).disposition, GRADMQ_APPLIED);
        results [pinned] = malloc (gradmq_layout_bytes (layout));
        memcpy (results [pinned], gradmq_snapshot_bytes (gradmq_model_newest (f.model)),
                gradmq_layout_bytes (layout));
        gradmq_snapshot_release (&next);
        gradmq_snapshot_release (&pin);
        sample_close (&sample);
        fixture_close (&f);
    }
    assert_memory_equal (results [0], results [1], (large + 6) * sizeof (float));
    free (results [0]);
    free (results [1]);
    free (values);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_apply_every_optimizer_equals_plain_doubles),
        cmocka_unit_test (test_apply_out_of_place_has_the_bits_of_in_place),
        cmocka_unit_test (test_apply_every_instruction_set_has_the_same_bits),
        cmocka_unit_test (test_apply_while_a_reader_holds_the_newest_it_stays_as_it_was),
        cmocka_unit_test (test_apply_large_model_elsewhere_equals_in_place),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
