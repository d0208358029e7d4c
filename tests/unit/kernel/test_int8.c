//  Blocks of octets with a scale: the error bound, and the same bits everywhere.

#include "kernel/int8.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define BLOCK GRADMQ_KERNEL_INT8_BLOCK
#define MOST 1000u

typedef struct {
    float scales [(MOST + BLOCK - 1) / BLOCK];
    int8_t octets [MOST];
} s_coded_t;

static uint64_t s_seed = 11;

static double
s_random (void)
{
    s_seed = s_seed * 6364136223846793005u + 1442695040888963407u;
    return (double) (s_seed >> 11) / 4503599627370496.0 - 1;
}

//  Elements of one scale may differ by `spread` powers of two.
static void
s_fill (float *x, size_t n, int exponent, int spread)
{
    for (size_t i = 0; i < n; i++)
        x [i] = (float) ldexp (s_random (), exponent - (int) (fabs (s_random ()) * spread));
}

//  |x - q s| <= s / 2: products and differences are exact in F64 for what is tried here.
static void
s_check_bound (const float *x, size_t n, const s_coded_t *coded)
{
    for (size_t i = 0; i < n; i++) {
        double scale = coded->scales [i / BLOCK];
        double error = fabs ((double) x [i] - coded->octets [i] * scale);
        assert_true (isfinite (scale) && scale >= 0);
        assert_true (coded->octets [i] >= -127);
        assert_true (error <= scale / 2);
    }
}

static void
s_check_f32 (const float *x, size_t n)
{
    s_coded_t coded = {0}, wide = {0};
    double doubles [MOST];
    gradmq_kernel_int8_encode_f32 (coded.scales, coded.octets, x, n);
    s_check_bound (x, n, &coded);
    for (size_t i = 0; i < n; i++)
        doubles [i] = x [i];
    gradmq_kernel_int8_encode_f64 (wide.scales, wide.octets, doubles, n);
    assert_memory_equal (wide.scales, coded.scales, (n + BLOCK - 1) / BLOCK * sizeof (float));
    assert_memory_equal (wide.octets, coded.octets, n);
}

static void
test_encode_random_values_keep_the_bound (void **state)
{
    (void) state;
    static float x [MOST];
    for (int exponent = -150; exponent <= 127; exponent++)
        for (int spread = 0; spread <= 40; spread += 20) {
            size_t n = 1 + (size_t) (fabs (s_random ()) * (MOST - 1));
            s_fill (x, n, exponent, spread);
            s_check_f32 (x, n);
        }
}

static void
test_encode_nasty_values_keep_the_bound (void **state)
{
    (void) state;
    float least = 1.40129846e-45f;
    for (int multiple = 1; multiple < 5000; multiple++) {
        float x [3] = {least * (float) multiple, -least, -least * (float) (multiple / 3)};
        s_check_f32 (x, 3);
    }
    float block [BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        block [i] = i % 2 ? -0.0f : 0.0f;
    s_check_f32 (block, BLOCK);
    block [100] = FLT_MAX;
    s_check_f32 (block, BLOCK);
    block [101] = -FLT_MIN;
    s_check_f32 (block, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        block [i] = 1.0f;
    block [7] = -3e38f;
    s_check_f32 (block, BLOCK);
}

static void
test_encode_ties_go_to_even (void **state)
{
    (void) state;
    const float x [] = {127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 126.5f, -2.5f};
    const int8_t expected [] = {127, 0, 2, 2, 0, -2, 126, -2};
    s_coded_t coded = {0};
    gradmq_kernel_int8_encode_f32 (coded.scales, coded.octets, x, 8);
    assert_true (coded.scales [0] == 1.0f);
    assert_memory_equal (coded.octets, expected, 8);
}

static void
test_encode_what_is_not_finite_becomes_the_scale (void **state)
{
    (void) state;
    float x [BLOCK + 1] = {1.0f};
    s_coded_t coded = {0};
    float back [BLOCK];
    const float bad [] = {INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < 3; i++) {
        x [3] = bad [i];
        x [BLOCK] = 5.0f;
        gradmq_kernel_int8_encode_f32 (coded.scales, coded.octets, x, BLOCK + 1);
        assert_true (!isfinite (coded.scales [0]));
        assert_true (isfinite (coded.scales [1]));
        gradmq_kernel_int8_decode_f32 (back, coded.octets, coded.scales [0], BLOCK);
        for (size_t k = 0; k < BLOCK; k++)
            assert_true (!isfinite (back [k]));
    }
}

static void
test_encode_f64_beyond_f32_is_held (void **state)
{
    (void) state;
    const double x [] = {1e300, -1e300, 1.0, 1e-300};
    s_coded_t coded = {0};
    gradmq_kernel_int8_encode_f64 (coded.scales, coded.octets, x, 4);
    assert_true (coded.scales [0] == FLT_MAX);
    assert_memory_equal (coded.octets, ((int8_t []){127, -127, 0, 0}), 4);
    gradmq_kernel_int8_encode_f64 (coded.scales, coded.octets, x + 3, 1);
    assert_true (coded.scales [0] > 0 && coded.octets [0] == 0);
}

static void
test_decode_is_octet_times_scale (void **state)
{
    (void) state;
    int8_t octets [256 + 1];
    float narrow [256];
    double wide [256];
    for (int i = 0; i < 256; i++)
        octets [i + 1] = (int8_t) (i - 128);
    gradmq_kernel_int8_decode_f32 (narrow, octets + 1, (double) 0.1f, 256);
    gradmq_kernel_int8_decode_f64 (wide, octets + 1, (double) 0.1f, 256);
    for (int i = 0; i < 256; i++) {
        assert_true (narrow [i] == (float) (i - 128) * 0.1f);
        assert_true (wide [i] == (i - 128) * (double) 0.1f);
    }
}

static void
test_every_instruction_set_gives_the_same_bits (void **state)
{
    (void) state;
    static float x [MOST + 1], back [MOST], first_back [MOST];
    s_coded_t first, coded;
    gradmq_isa_t before = gradmq_isa ();
    for (int turn = 0; turn < 50; turn++) {
        s_fill (x, MOST + 1, turn * 5 - 130, 12);
        for (int isa = 0; isa < GRADMQ_ISAS; isa++) {
            if (!gradmq_isa_use ((gradmq_isa_t) isa))
                continue;
            memset (&coded, 0x77, sizeof coded);
            gradmq_kernel_int8_encode_f32 (coded.scales, coded.octets, x + 1, MOST);
            gradmq_kernel_int8_decode_f32 (back, coded.octets, coded.scales [0], MOST);
            if (isa == 0) {
                first = coded;
                memcpy (first_back, back, sizeof back);
            }
            assert_memory_equal (&first, &coded, sizeof coded);
            assert_memory_equal (first_back, back, sizeof back);
        }
    }
    gradmq_isa_use (before);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_encode_random_values_keep_the_bound),
        cmocka_unit_test (test_encode_nasty_values_keep_the_bound),
        cmocka_unit_test (test_encode_ties_go_to_even),
        cmocka_unit_test (test_encode_what_is_not_finite_becomes_the_scale),
        cmocka_unit_test (test_encode_f64_beyond_f32_is_held),
        cmocka_unit_test (test_decode_is_octet_times_scale),
        cmocka_unit_test (test_every_instruction_set_gives_the_same_bits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
