//  Kernels against plain loops, at any address and length, on every instruction set.

#include "kernel/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define MOST 4096
#define SPARE 64

typedef struct {
    uint8_t bytes [MOST * 8 + SPARE];
} s_buffer_t;

static double
s_get (const void *at, size_t index, bool wide)
{
    double value;
    float narrow;
    if (wide)
        return memcpy (&value, (const char *) at + index * 8, 8), value;
    return memcpy (&narrow, (const char *) at + index * 4, 4), (double) narrow;
}

static void
s_put (void *at, size_t index, bool wide, double value)
{
    if (wide)
        memcpy ((char *) at + index * 8, &value, 8);
    else
        memcpy ((char *) at + index * 4, &(float){(float) value}, 4);
}

//  Numbers of both signs, many magnitudes, zeros among them.
static void
s_fill (s_buffer_t *buffer, size_t offset, size_t n, bool wide, uint64_t seed)
{
    memset (buffer, 0x5A, sizeof *buffer);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double unit = (double) (seed >> 11) / 4503599627370496.0 - 1;
        double value = ldexp (unit, (int) (seed % 21) - 10);
        s_put (buffer->bytes + offset, i, wide, seed % 13 ? value : seed & 32 ? -0.0 : 0.0);
    }
}

//  Run `check` for lengths 0 to 100 and one long one, offsets, both types, all instruction sets.
static void
s_everywhere (void (*check) (size_t n, size_t offset, bool wide))
{
    gradmq_isa_t before = gradmq_isa ();
    for (int isa = 0; isa < GRADMQ_ISAS; isa++) {
        if (!gradmq_isa_use ((gradmq_isa_t) isa))
            continue;
        for (size_t n = 0; n <= 101; n++)
            for (size_t offset = 0; offset < 6; offset++) {
                check (n == 101 ? MOST : n, offset, false);
                check (n == 101 ? MOST : n, offset, true);
            }
    }
    gradmq_isa_use (before);
}

static void
s_check_limit (size_t n, size_t offset, bool wide)
{
    static s_buffer_t x;
    double (*limit) (const void *, size_t) =
        wide ? gradmq_kernel_limit_f64 : gradmq_kernel_limit_f32;
    const uint8_t *at = x.bytes + offset;
    s_fill (&x, offset, n, wide, n);
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax (most, fabs (s_get (at, i, wide)));
    assert_true (limit (at, n) == most);
    if (!n)
        return;
    s_put (x.bytes + offset, n / 2, wide, -INFINITY);
    assert_true (limit (at, n) == (double) INFINITY);
    s_put (x.bytes + offset, n - 1, wide, -NAN);
    assert_true (isnan (limit (at, n)));
    s_put (x.bytes + offset, 0, wide, INFINITY);
    assert_true (n == 1 ? isinf (limit (at, n)) : isnan (limit (at, n)));
}

static void
test_limit_is_the_greatest_magnitude_or_says_what_is_not_finite (void **state)
{
    (void) state;
    s_everywhere (s_check_limit);
}

static void
test_limit_of_the_smallest_and_largest_numbers_is_exact (void **state)
{
    (void) state;
    assert_true (gradmq_kernel_limit_f32 (&(float){-1e-45f}, 1) == (double) 1e-45f);
    assert_true (gradmq_kernel_limit_f32 (&(float){3.40282347e38f}, 1) == (double) 3.40282347e38f);
    assert_true (gradmq_kernel_limit_f64 (&(double){-4.94e-324}, 1) == 4.94e-324);
    assert_true (gradmq_kernel_limit_f64 (&(double){1.7976931348623157e308}, 1)
                 == 1.7976931348623157e308);
}

static void
test_worse_of_two_limits_keeps_a_nan (void **state)
{
    (void) state;
    assert_true (gradmq_kernel_worse (1, 2) == 2);
    assert_true (gradmq_kernel_worse (2, 1) == 2);
    assert_true (gradmq_kernel_worse (1, INFINITY) == (double) INFINITY);
    assert_true (isnan (gradmq_kernel_worse (NAN, 1)));
    assert_true (isnan (gradmq_kernel_worse (1, NAN)));
    assert_true (isnan (gradmq_kernel_worse (INFINITY, NAN)));
}

//  The order of lanes.h, written down once more.
static void
s_check_squares (size_t n, size_t offset, bool wide)
{
    static s_buffer_t x;
    s_fill (&x, offset, n, wide, n + 1);
    double lanes [64] = {0}, plain = 0;
    for (size_t i = 0; i < n; i++) {
        double value = s_get (x.bytes + offset, i, wide), square = value * value;
        lanes [i % 64] += square;
        plain += square;
    }
    for (size_t width = 32; width; width /= 2)
        for (size_t j = 0; j < width; j++)
            lanes [j] += lanes [j + width];
    double got =
        (wide ? gradmq_kernel_squares_f64 : gradmq_kernel_squares_f32) (x.bytes + offset, n);
    assert_true (got == lanes [0]);
    assert_true (fabs (got - plain) <= 1e-13 * plain);
}

static void
test_squares_are_added_in_the_stated_order (void **state)
{
    (void) state;
    s_everywhere (s_check_squares);
}

static void
test_squares_of_large_f32_do_not_overflow (void **state)
{
    (void) state;
    float x [2] = {3e38f, -3e38f};
    assert_true (isfinite (gradmq_kernel_squares_f32 (x, 2)));
}

//  What each elementwise kernel should make of x and y, rounded to the type after each operation.
typedef double (s_element_t) (double x, double y, bool wide);

static double
s_round (double value, bool wide)
{
    volatile float narrow = (float) value;
    return wide ? value : (double) narrow;
}

#define FACTOR (-0.3)

static double
s_scale (double x, double y, bool wide)
{
    (void) y;
    return s_round (s_round (FACTOR, wide) * x, wide);
}

static double
s_negate (double x, double y, bool wide)
{
    (void) y;
    (void) wide;
    return -x;
}

static double
s_clamp (double x, double y, bool wide)
{
    (void) y;
    double most = s_round (0.7, wide);
    return x > most ? most : x < -most ? -most : x;
}

static double
s_add (double x, double y, bool wide)
{
    volatile double product = s_round (s_round (FACTOR, wide) * x, wide);
    return s_round (y + product, wide);
}

//  One kernel: from x into y; the bytes around y stay.
static void
s_check_element (size_t n, size_t offset, bool wide, s_element_t *element, int which)
{
    static s_buffer_t x, y, expected;
    s_fill (&x, offset, n, wide, n + 2);
    s_fill (&y, offset + 1, n, wide, n + 3);
    expected = y;
    for (size_t i = 0; i < n; i++)
        s_put (expected.bytes + offset + 1, i, wide,
               element (s_get (x.bytes + offset, i, wide), s_get (y.bytes + offset + 1, i, wide),
                        wide));
    void *to = y.bytes + offset + 1, *from = x.bytes + offset;
    if (which == 0)
        (wide ? gradmq_kernel_scale_f64 : gradmq_kernel_scale_f32) (to, from, FACTOR, n);
    else if (which == 1)
        (wide ? gradmq_kernel_negate_f64 : gradmq_kernel_negate_f32) (to, from, n);
    else if (which == 2)
        (wide ? gradmq_kernel_clamp_f64 : gradmq_kernel_clamp_f32) (to, from, 0.7, n);
    else
        (wide ? gradmq_kernel_add_f64 : gradmq_kernel_add_f32) (to, from, FACTOR, n);
    assert_memory_equal (&y, &expected, sizeof y);
}

static void
s_check_elements (size_t n, size_t offset, bool wide)
{
    s_check_element (n, offset, wide, s_scale, 0);
    s_check_element (n, offset, wide, s_negate, 1);
    s_check_element (n, offset, wide, s_clamp, 2);
    s_check_element (n, offset, wide, s_add, 3);
}

static void
test_elementwise_kernels_are_the_plain_loops (void **state)
{
    (void) state;
    s_everywhere (s_check_elements);
}

static void
s_check_in_place (size_t n, size_t offset, bool wide)
{
    static s_buffer_t x, once;
    s_fill (&x, offset, n, wide, n + 4);
    once = x;
    void *at = x.bytes + offset;
    (wide ? gradmq_kernel_negate_f64 : gradmq_kernel_negate_f32) (at, at, n);
    (wide ? gradmq_kernel_scale_f64 : gradmq_kernel_scale_f32) (at, at, -1, n);
    (wide ? gradmq_kernel_clamp_f64 : gradmq_kernel_clamp_f32) (at, at, 1e6, n);
    assert_memory_equal (&x, &once, sizeof x);
}

static void
test_elementwise_kernels_work_in_place (void **state)
{
    (void) state;
    s_everywhere (s_check_in_place);
}

static void
test_clamp_keeps_what_is_not_a_number (void **state)
{
    (void) state;
    float x [3] = {NAN, INFINITY, -INFINITY};
    gradmq_kernel_clamp_f32 (x, x, 2, 3);
    assert_true (isnan (x [0]));
    assert_true (x [1] == 2.0f);
    assert_true (x [2] == -2.0f);
}

static void
test_stream_copies_bytes_at_any_address (void **state)
{
    (void) state;
    static s_buffer_t x, y, expected;
    s_fill (&x, 0, MOST, true, 9);
    for (size_t i = 0; i < 3000; i++) {
        size_t offset = i % 64, bytes = i < 1000 ? i : i * 7 % 20000;
        memset (&y, 0x33, sizeof y);
        memset (&expected, 0x33, sizeof y);
        memcpy (expected.bytes + offset, x.bytes + i % 5, bytes);
        gradmq_kernel_stream (y.bytes + offset, x.bytes + i % 5, bytes);
        gradmq_kernel_stream_end ();
        assert_memory_equal (&y, &expected,
                             offset + bytes + 64 < sizeof y ? offset + bytes + 64 : sizeof y);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_limit_is_the_greatest_magnitude_or_says_what_is_not_finite),
        cmocka_unit_test (test_limit_of_the_smallest_and_largest_numbers_is_exact),
        cmocka_unit_test (test_worse_of_two_limits_keeps_a_nan),
        cmocka_unit_test (test_squares_are_added_in_the_stated_order),
        cmocka_unit_test (test_squares_of_large_f32_do_not_overflow),
        cmocka_unit_test (test_elementwise_kernels_are_the_plain_loops),
        cmocka_unit_test (test_elementwise_kernels_work_in_place),
        cmocka_unit_test (test_clamp_keeps_what_is_not_a_number),
        cmocka_unit_test (test_stream_copies_bytes_at_any_address),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
