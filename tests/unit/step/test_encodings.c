//  A step with parts of each encoding is the step with the elements that they stand for.

#include "unit/step/fixture.h"

#define MATRIX 3u  //  tensor "head.w": 4 x (2 x 2)
#define SIDE 4u

typedef struct {
    uint32_t encoding;
    uint64_t count;
    uint8_t bytes [128];
    size_t size;
    double expected [SIDE * SIDE];
} s_form_t;

//  The elements of "head.w" in one encoding.
static s_form_t
s_form (uint32_t encoding)
{
    s_form_t form = {.encoding = encoding};
    if (encoding == GRADMQ_ENCODING_TOP_K) {
        form.count = 2;
        memcpy (form.bytes, (uint32_t []){3, 9}, 8);
        memcpy (form.bytes + 8, (float []){-0.5f, 2.0f}, 8);
        form.size = 16;
        form.expected [3] = -0.5;
        form.expected [9] = 2;
    } else if (encoding == GRADMQ_ENCODING_INT8) {
        memcpy (form.bytes, (float []){0.25f}, 4);
        form.size = 4 + SIDE * SIDE;
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            form.bytes [4 + i] = (uint8_t) (int8_t) (i * 3 - 20);
            form.expected [i] = ((double) i * 3 - 20) * 0.25;
        }
    } else {
        const float left [] = {1, 2, 0, -1}, right [] = {0.5f, 1, -2, 4};
        form.count = 1;
        memcpy (form.bytes, left, sizeof left);
        memcpy (form.bytes + sizeof left, right, sizeof right);
        form.size = sizeof left + sizeof right;
        for (size_t i = 0; i < SIDE * SIDE; i++)
            form.expected [i] = (double) (left [i / SIDE] * right [i % SIDE]);
    }
    return form;
}

static void
s_sample (sample_t *sample, const fixture_t *f, const s_form_t *form)
{
    sample_open (sample, f, 0);
    sample->parts [0] = (gradmq_part_t){.tensor = MATRIX,
                                        .encoding = form->encoding,
                                        .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                                        .count = form->count,
                                        .bytes = form->size};
    sample->gradient.parts = sample->parts;
    sample->gradient.part_count = 1;
    memcpy (sample->bytes + 1, form->bytes, form->size);
    sample->size = form->size;
    sample_cut (sample, 8);
}

//  Two steps with the encoding, and two with its elements, from the same parameters.
static void
s_compare (uint32_t master, const char *optimizer, uint32_t encoding)
{
    fixture_t encoded, plain;
    fixture_open (&encoded, master);
    fixture_open (&plain, master);
    FIXTURE_SET (&encoded, "optimizer", optimizer, "clip_global_norm", "1.5", "clip_norm", "2");
    FIXTURE_SET (&plain, "optimizer", optimizer, "clip_global_norm", "1.5", "clip_norm", "2");
    for (int turn = 0; turn < 2; turn++) {
        s_form_t form = s_form (encoding);
        sample_t sample;
        s_sample (&sample, &encoded, &form);
        gradmq_step_report_t told, wanted;
        assert_int_equal (fixture_apply (&encoded, &sample, &told).disposition, GRADMQ_APPLIED);
        sample_close (&sample);
        sample_open (&sample, &plain, 0);
        sample_part (&sample, &plain, MATRIX, GRADMQ_DTYPE_F64, NULL, 0, form.expected);
        sample_cut (&sample, 1024);
        assert_int_equal (fixture_apply (&plain, &sample, &wanted).disposition, GRADMQ_APPLIED);
        sample_close (&sample);
        assert_true (told.gradient_norm == wanted.gradient_norm);
    }
    double *now = fixture_parameters (&encoded), *should = fixture_parameters (&plain);
    assert_memory_equal (now, should, ELEMENTS * sizeof *now);
    free (now);
    free (should);
    fixture_close (&encoded);
    fixture_close (&plain);
}

static void
test_step_has_the_bits_of_the_dense_one (void **state)
{
    (void) state;
    static const char *const optimizers [] = {"sgd", "momentum", "adamw", "lamb"};
    for (uint32_t encoding = GRADMQ_ENCODING_TOP_K; encoding <= GRADMQ_ENCODING_LOW_RANK;
         encoding++)
        for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++)
            for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++)
                s_compare (master, optimizers [i], encoding);
}

static gradmq_err_t
s_check (const fixture_t *f, const s_form_t *form, gradmq_reason_t *reason)
{
    sample_t sample;
    s_sample (&sample, f, form);
    gradmq_err_t rc = gradmq_step_check_values (f->step, &sample.gradient, f->layout, reason);
    sample_close (&sample);
    return rc;
}

static void
s_put_float (s_form_t *form, size_t at, float value)
{
    memcpy (form->bytes + at, &value, sizeof value);
}

static void
test_check_values_looks_at_what_is_decoded (void **state)
{
    (void) state;
    static const struct {
        uint32_t encoding;
        size_t at;  //  byte of the payload
        float value;
        gradmq_err_t err;
    } cases [] = {
        {GRADMQ_ENCODING_TOP_K, 12, NAN, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_TOP_K, 12, 1.1e18f, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_TOP_K, 12, 0.9e18f, GRADMQ_OK},
        {GRADMQ_ENCODING_INT8, 0, INFINITY, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_INT8, 0, -INFINITY, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_INT8, 0, NAN, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_INT8, 0, 3e38f, GRADMQ_ERR_NON_FINITE},  //  times 25
        {GRADMQ_ENCODING_INT8, 0, 0.9e18f / 25, GRADMQ_OK},
        {GRADMQ_ENCODING_INT8, 0, 1.1e18f / 25, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_LOW_RANK, 0, NAN, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_LOW_RANK, 8, -INFINITY, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_LOW_RANK, 28, INFINITY, GRADMQ_ERR_NON_FINITE},
        {GRADMQ_ENCODING_LOW_RANK, 4, 1e38f, GRADMQ_ERR_NON_FINITE},  //  times 4 is beyond F32
        {GRADMQ_ENCODING_LOW_RANK, 4, 0.2e18f, GRADMQ_OK},
        {GRADMQ_ENCODING_LOW_RANK, 4, 0.3e18f, GRADMQ_ERR_NON_FINITE},
    };
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s_form_t form = s_form (cases [i].encoding);
        gradmq_reason_t reason = {0};
        assert_int_equal (s_check (&f, &form, &reason), GRADMQ_OK);
        s_put_float (&form, cases [i].at, cases [i].value);
        assert_int_equal (s_check (&f, &form, &reason), cases [i].err);
        if (cases [i].err)
            assert_non_null (strstr (reason.text, "'head.w'"));
    }
    fixture_close (&f);
}

//  A scale of what is not finite is refused also where all octets are 0.
static void
test_check_values_scale_of_zeros_is_refused (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    s_form_t form = s_form (GRADMQ_ENCODING_INT8);
    memset (form.bytes + 4, 0, SIDE * SIDE);
    s_put_float (&form, 0, INFINITY);
    assert_int_equal (s_check (&f, &form, NULL), GRADMQ_ERR_NON_FINITE);
    fixture_close (&f);
}

//  Factors of which one is 0 where the other is not finite.
static void
test_check_values_zero_does_not_hide_a_factor (void **state)
{
    (void) state;
    fixture_t f;
    fixture_open (&f, GRADMQ_DTYPE_F32);
    s_form_t form = s_form (GRADMQ_ENCODING_LOW_RANK);
    memset (form.bytes, 0, SIDE * sizeof (float));
    s_put_float (&form, 20, NAN);
    assert_int_equal (s_check (&f, &form, NULL), GRADMQ_ERR_NON_FINITE);
    fixture_close (&f);
}

static void
test_frozen_tensor_of_any_encoding_is_passed_over (void **state)
{
    (void) state;
    for (uint32_t encoding = GRADMQ_ENCODING_TOP_K; encoding <= GRADMQ_ENCODING_LOW_RANK;
         encoding++) {
        fixture_t f;
        fixture_open (&f, GRADMQ_DTYPE_F32);
        FIXTURE_SET (&f, "groups", "head.w frozen", "clip_global_norm", "1");
        double *before = fixture_parameters (&f);
        s_form_t form = s_form (encoding);
        sample_t sample;
        s_sample (&sample, &f, &form);
        gradmq_step_report_t report;
        assert_int_equal (fixture_apply (&f, &sample, &report).disposition, GRADMQ_APPLIED);
        assert_true (report.gradient_norm == 0);
        double *now = fixture_parameters (&f);
        assert_memory_equal (now, before, ELEMENTS * sizeof *now);
        free (now);
        free (before);
        sample_close (&sample);
        fixture_close (&f);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_step_has_the_bits_of_the_dense_one),
        cmocka_unit_test (test_check_values_looks_at_what_is_decoded),
        cmocka_unit_test (test_check_values_scale_of_zeros_is_refused),
        cmocka_unit_test (test_check_values_zero_does_not_hide_a_factor),
        cmocka_unit_test (test_frozen_tensor_of_any_encoding_is_passed_over),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
