#include "unit/step/fixture.h"

static gradmq_err_t
s_check (const fixture_t *f, uint32_t dtype, size_t at, double value, double loss_scale,
         gradmq_reason_t *reason)
{
    static double values [ELEMENTS];
    memset (values, 0, sizeof values);
    values [at] = value;
    sample_t sample;
    sample_whole (&sample, f, dtype, values, 1000 * gradmq_dtype (dtype)->size);
    sample.gradient.loss_scale = loss_scale;
    gradmq_err_t rc = gradmq_step_check_values (f->step, &sample.gradient, f->layout, reason);
    sample_close (&sample);
    return rc;
}

static void
test_check_values_not_finite_is_refused_wherever_it_stands (void **state)
{
    (void) state;
    const double bad [] = {NAN, INFINITY, -INFINITY};
    const size_t places [] = {0, 20, 21, 1020, 5020, 5021, ELEMENTS - 1};
    for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++) {
        fixture_t f;
        fixture_open (&f, master);
        for (uint32_t dtype = GRADMQ_DTYPE_F32; dtype <= GRADMQ_DTYPE_BF16; dtype++)
            for (size_t i = 0; i < sizeof places / sizeof *places; i++)
                for (size_t b = 0; b < 3; b++)
                    assert_int_equal (s_check (&f, dtype, places [i], bad [b], 1, NULL),
                                      GRADMQ_ERR_NON_FINITE);
        gradmq_reason_t reason;
        assert_int_equal (s_check (&f, GRADMQ_DTYPE_F32, 5021, INFINITY, 1, &reason),
                          GRADMQ_ERR_NON_FINITE);
        assert_non_null (strstr (reason.text, "'dense.b' is inf"));
        fixture_close (&f);
    }
}

static void
test_check_values_bound_holds_after_loss_scale (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    const uint32_t f32 = GRADMQ_DTYPE_F32, f64 = GRADMQ_DTYPE_F64;
    assert_int_equal (s_check (&f, f32, 7, -9.9e17, 1, NULL), GRADMQ_OK);
    assert_int_equal (s_check (&f, f32, 7, -1.1e18, 1, NULL), GRADMQ_ERR_NON_FINITE);
    assert_int_equal (s_check (&f, f32, 7, 1e20, 1000, NULL), GRADMQ_OK);
    assert_int_equal (s_check (&f, f32, 7, 1.0, 1e-17, NULL), GRADMQ_OK);
    assert_int_equal (s_check (&f, f32, 7, 1.0, 1e-19, NULL), GRADMQ_ERR_NON_FINITE);
    assert_int_equal (s_check (&f, f64, 7, 1e300, 1, NULL), GRADMQ_ERR_NON_FINITE);
    fixture_close (&f);
    fixture_open (&f, GRADMQ_DTYPE_F64);
    assert_int_equal (s_check (&f, f64, 7, 9e149, 1, NULL), GRADMQ_OK);
    assert_int_equal (s_check (&f, f64, 7, 2e150, 1, NULL), GRADMQ_ERR_NON_FINITE);
    fixture_close (&f);
}

//  Bits of a row's index are not a value.
static void
test_check_values_rows_looks_at_values_only (void **state)
{
    (void) state;
    fixture_t f;
    const uint64_t shape [] = {0x7f800001u, 1};
    const gradmq_tensor_spec_t spec = {"t", 2, shape};
    fixture_open_small (&f, GRADMQ_DTYPE_F32, 0);
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, &spec, 1, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    struct {
        uint32_t row;
        float value;
    } bytes = {0x7f800000u, 1.0f};
    gradmq_part_t part = {.encoding = GRADMQ_ENCODING_ROWS,
                          .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                          .count = 1,
                          .bytes = 8};
    gradmq_frame_t frame = {(const uint8_t *) &bytes, 8};
    gradmq_gradient_t gradient = {.kind = GRADMQ_KIND_GRADIENT,
                                  .loss_scale = 1,
                                  .part_count = 1,
                                  .parts = &part,
                                  .payload = {&frame, 1, 8}};
    assert_int_equal (gradmq_step_check_values (f.step, &gradient, layout, NULL), GRADMQ_OK);
    bytes.value = INFINITY;
    assert_int_equal (gradmq_step_check_values (f.step, &gradient, layout, NULL),
                      GRADMQ_ERR_NON_FINITE);
    gradmq_layout_release (&layout);
    fixture_close (&f);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_check_values_not_finite_is_refused_wherever_it_stands),
        cmocka_unit_test (test_check_values_bound_holds_after_loss_scale),
        cmocka_unit_test (test_check_values_rows_looks_at_values_only),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
