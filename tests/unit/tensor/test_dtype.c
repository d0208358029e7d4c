#include "tensor/dtype.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  What 16 bits stand for, by the definition of the format.
static double
s_value (uint16_t bits, int exponent_bits)
{
    int mantissa_bits = 15 - exponent_bits;
    int bias = (1 << (exponent_bits - 1)) - 1;
    int exponent = (bits & 0x7fff) >> mantissa_bits;
    int mantissa = bits & ((1 << mantissa_bits) - 1);
    double sign = bits & 0x8000 ? -1.0 : 1.0;
    if (exponent == (1 << exponent_bits) - 1)
        return mantissa ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp (mantissa, 1 - bias - mantissa_bits);
    return sign * ldexp (mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

static void
s_check_widening (uint32_t code, int exponent_bits)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (code);
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        uint16_t from = (uint16_t) bits;
        float narrow;
        double wide;
        dtype->to_f32 (&narrow, &from, 1);
        dtype->to_f64 (&wide, &from, 1);
        double wanted = s_value (from, exponent_bits);
        if (isnan (wanted)) {
            assert_true (isnan (narrow) && isnan (wide));
            continue;
        }
        assert_true ((double) narrow == wanted && wide == wanted);
        assert_int_equal (!!signbit (wide), bits >> 15);
    }
}

static void
test_to_f32_every_f16_and_bf16_is_exact (void **state)
{
    (void) state;
    s_check_widening (GRADMQ_DTYPE_F16, 5);
    s_check_widening (GRADMQ_DTYPE_BF16, 8);
}

static uint16_t
s_from_f64 (const gradmq_dtype_t *dtype, double value)
{
    uint16_t bits;
    dtype->from_f64 (&bits, &value, 1);
    return bits;
}

static uint16_t
s_from_f32 (const gradmq_dtype_t *dtype, float value)
{
    uint16_t bits;
    dtype->from_f32 (&bits, &value, 1);
    return bits;
}

//  Every value, every middle between neighbours and its neighbours, both signs.
static void
s_check_rounding (uint32_t code, int exponent_bits)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (code);
    uint16_t greatest = (uint16_t) ((0x7fff >> (15 - exponent_bits) << (15 - exponent_bits)) - 1);
    for (uint16_t bits = 0; bits < greatest; bits++) {
        double low = s_value (bits, exponent_bits);
        double high = s_value ((uint16_t) (bits + 1), exponent_bits);
        double middle = (low + high) / 2;
        uint16_t even = bits & 1 ? (uint16_t) (bits + 1) : bits;
        assert_int_equal (s_from_f64 (dtype, low), bits);
        assert_int_equal (s_from_f64 (dtype, -low), bits | 0x8000);
        assert_int_equal (s_from_f64 (dtype, middle), even);
        assert_int_equal (s_from_f64 (dtype, -middle), even | 0x8000);
        assert_int_equal (s_from_f64 (dtype, nextafter (middle, 0)), bits);
        assert_int_equal (s_from_f64 (dtype, nextafter (middle, INFINITY)), bits + 1);
        assert_int_equal (s_from_f32 (dtype, (float) low), bits);
        assert_int_equal (s_from_f32 (dtype, (float) middle), even);
        assert_int_equal (s_from_f32 (dtype, -(float) middle), even | 0x8000);
        assert_int_equal (s_from_f32 (dtype, nextafterf ((float) middle, 0)), bits);
        assert_int_equal (s_from_f32 (dtype, nextafterf ((float) middle, INFINITY)), bits + 1);
    }
}

static void
test_from_between_two_values_rounds_to_nearest_even (void **state)
{
    (void) state;
    s_check_rounding (GRADMQ_DTYPE_F16, 5);
    s_check_rounding (GRADMQ_DTYPE_BF16, 8);
}

static void
test_from_finite_beyond_range_saturates (void **state)
{
    (void) state;
    const gradmq_dtype_t *f16 = gradmq_dtype (GRADMQ_DTYPE_F16);
    const gradmq_dtype_t *bf16 = gradmq_dtype (GRADMQ_DTYPE_BF16);
    const double beyond [] = {65504, 65519, 65520, 65536, 1e30, 3.4e38};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        assert_int_equal (s_from_f64 (f16, beyond [i]), 0x7bff);
        assert_int_equal (s_from_f32 (f16, -(float) beyond [i]), 0xfbff);
    }
    assert_int_equal (s_from_f32 (bf16, 3.4028235e38f), 0x7f7f);
    assert_int_equal (s_from_f64 (bf16, 1e300), 0x7f7f);
    assert_int_equal (s_from_f64 (bf16, -1e300), 0xff7f);
    const double wide [] = {1e39, -1e300, 3.4028235677973366e38, INFINITY};
    float narrow [4];
    gradmq_dtype (GRADMQ_DTYPE_F32)->from_f64 (narrow, wide, 4);
    assert_true (narrow [0] == 3.40282346638528859812e+38f);
    assert_true (narrow [1] == -3.40282346638528859812e+38f);
    assert_true (narrow [2] == 3.40282346638528859812e+38f);
    assert_true (isinf (narrow [3]));
}

static void
test_from_infinity_and_nan_stay_what_they_are (void **state)
{
    (void) state;
    for (uint32_t code = GRADMQ_DTYPE_F32; code <= GRADMQ_DTYPE_BF16; code++) {
        const gradmq_dtype_t *dtype = gradmq_dtype (code);
        const float narrow [] = {INFINITY, -INFINITY, NAN};
        const double wide [] = {INFINITY, -INFINITY, NAN};
        double bytes [3], back [3];
        dtype->from_f32 (bytes, narrow, 3);
        dtype->to_f64 (back, bytes, 3);
        assert_true (back [0] > 1e308 && back [1] < -1e308 && isnan (back [2]));
        dtype->from_f64 (bytes, wide, 3);
        dtype->to_f64 (back, bytes, 3);
        assert_true (back [0] > 1e308 && back [1] < -1e308 && isnan (back [2]));
    }
}

//  Vector bodies and scalar tails agree, at odd addresses too.
static void
test_conversions_unaligned_runs_equal_single_elements (void **state)
{
    (void) state;
    enum { COUNT = 67 };
    float values [COUNT];
    uint32_t seed = 1;
    for (size_t i = 0; i < COUNT; i++) {
        seed = seed * 1664525u + 1013904223u;
        memcpy (&values [i], &seed, sizeof seed);
    }
    for (size_t row = 0; gradmq_dtype_at (row); row++) {
        const gradmq_dtype_t *dtype = gradmq_dtype_at (row);
        uint8_t *bytes = malloc (1 + COUNT * dtype->size);
        float *out = malloc (COUNT * sizeof *out);
        dtype->from_f32 (bytes + 1, values, COUNT);
        dtype->to_f32 (out, bytes + 1, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            double one;
            float back;
            dtype->from_f32 (&one, &values [i], 1);
            assert_memory_equal (&one, bytes + 1 + i * dtype->size, dtype->size);
            dtype->to_f32 (&back, &one, 1);
            assert_memory_equal (&back, &out [i], sizeof back);
        }
        free (out);
        free (bytes);
    }
}

static void
test_dtype_lookup_by_code_name_and_stream_agrees (void **state)
{
    (void) state;
    size_t rows = 0;
    for (; gradmq_dtype_at (rows); rows++) {
        const gradmq_dtype_t *dtype = gradmq_dtype_at (rows);
        assert_ptr_equal (gradmq_dtype (dtype->code), dtype);
        assert_ptr_equal (gradmq_dtype_named (dtype->name), dtype);
        assert_ptr_equal (gradmq_dtype_named (dtype->stream), dtype);
    }
    assert_int_equal (rows, 4);
    assert_null (gradmq_dtype (0));
    assert_null (gradmq_dtype (5));
    assert_null (gradmq_dtype_named ("float"));
    assert_null (gradmq_dtype_named (NULL));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_to_f32_every_f16_and_bf16_is_exact),
        cmocka_unit_test (test_from_between_two_values_rounds_to_nearest_even),
        cmocka_unit_test (test_from_finite_beyond_range_saturates),
        cmocka_unit_test (test_from_infinity_and_nan_stay_what_they_are),
        cmocka_unit_test (test_conversions_unaligned_runs_equal_single_elements),
        cmocka_unit_test (test_dtype_lookup_by_code_name_and_stream_agrees),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
