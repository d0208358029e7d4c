//  Selection against a plain sort.

#include "kernel/top_k.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MOST 3000u

static double s_values [MOST];

//  Greater magnitudes first, of equal ones the lower index.
static int
s_order (const void *a, const void *b)
{
    uint32_t i = *(const uint32_t *) a, j = *(const uint32_t *) b;
    double x = fabs (s_values [i]), y = fabs (s_values [j]);
    if (x != y)
        return x > y ? -1 : 1;
    return i < j ? -1 : 1;
}

static int
s_rising (const void *a, const void *b)
{
    uint32_t i = *(const uint32_t *) a, j = *(const uint32_t *) b;
    return i < j ? -1 : i > j;
}

static void
s_check (size_t n, size_t k)
{
    static uint32_t expected [MOST];
    static float narrow [MOST];
    static uint8_t found [MOST * 4 + 1];
    for (uint32_t i = 0; i < n; i++) {
        expected [i] = i;
        narrow [i] = (float) s_values [i];
    }
    qsort (expected, n, sizeof *expected, s_order);
    qsort (expected, k, sizeof *expected, s_rising);
    memset (found, 0x66, sizeof found);
    gradmq_kernel_top_k_f32 (found + 1, narrow, n, k);
    assert_memory_equal (found + 1, expected, k * 4);
    memset (found, 0x66, sizeof found);
    gradmq_kernel_top_k_f64 (found + 1, s_values, n, k);
    assert_memory_equal (found + 1, expected, k * 4);
    if (k < n)
        assert_int_equal (found [1 + k * 4], 0x66);
}

//  Values of `kinds` magnitudes, so that there are ties where that is small. All are exact in F32.
static void
s_fill (size_t n, uint32_t kinds, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double magnitude = ldexp ((double) ((seed >> 33) % kinds), (int) (seed >> 20 & 31) - 16);
        s_values [i] = seed & 1u << 19 ? -magnitude : magnitude;
    }
}

static void
test_top_k_is_the_front_of_a_sort (void **state)
{
    (void) state;
    for (size_t n = 1; n < 40; n++)
        for (size_t k = 1; k <= n; k++) {
            s_fill (n, n % 2 ? 2 : 1u << 20, n * 100 + k);
            s_check (n, k);
        }
    for (uint32_t kinds = 1; kinds <= 1u << 20; kinds *= 4) {
        s_fill (MOST, kinds, kinds);
        const size_t ks [] = {1, 2, 30, 1500, MOST - 1, MOST};
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++)
            s_check (MOST, ks [i]);
    }
}

static void
test_top_k_of_equals_are_the_first (void **state)
{
    (void) state;
    for (size_t i = 0; i < MOST; i++)
        s_values [i] = i % 3 ? 0.25 : -0.25;
    s_check (MOST, 17);
    for (size_t i = 0; i < MOST; i++)
        s_values [i] = i % 3 ? 0.0 : -0.0;
    s_check (MOST, 17);
}

static void
test_top_k_extremes_are_in_order (void **state)
{
    (void) state;
    const double values [] = {INFINITY, 1e-45, -1e38, 0.0, -1e-40, -INFINITY, 3.0, 1.1754944e-38};
    for (size_t i = 0; i < 8; i++)
        s_values [i] = (double) (float) values [i];
    for (size_t k = 1; k <= 8; k++)
        s_check (8, k);
    uint32_t found [1];
    const float x [] = {INFINITY, 1.0f, NAN};
    gradmq_kernel_top_k_f32 (found, x, 3, 1);
    assert_int_equal (found [0], 2);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_top_k_is_the_front_of_a_sort),
        cmocka_unit_test (test_top_k_of_equals_are_the_first),
        cmocka_unit_test (test_top_k_extremes_are_in_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
