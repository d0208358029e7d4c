//  Sums of products: exact where they can be, the same bits on every instruction set.

#include "kernel/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#define MOST 1000u

static void
test_dot_small_integers_is_exact_and_has_the_same_bits (void **state)
{
    (void) state;
    float x [MOST + 1], y [MOST + 1];
    double wide_x [MOST + 1], wide_y [MOST + 1], first [MOST];
    gradmq_isa_t before = gradmq_isa ();
    for (size_t i = 0; i <= MOST; i++) {
        x [i] = (float) (i % 17) - 8;
        y [i] = (float) (i % 23) - 11;
        wide_x [i] = sin ((double) i);
        wide_y [i] = cos ((double) i);
    }
    for (int isa = 0; isa < GRADMQ_ISAS; isa++) {
        if (!gradmq_isa_use ((gradmq_isa_t) isa))
            continue;
        double sum = 0, about = 0;
        for (size_t n = 0; n < MOST; n++) {
            assert_true (gradmq_kernel_dot_f32 (x + 1, y, n) == sum);
            double dot = gradmq_kernel_dot_f64 (wide_x, wide_y, n);
            assert_true (fabs (dot - about) < 1e-11);
            if (isa == 0)
                first [n] = dot;
            assert_true (dot == first [n]);
            sum += (double) x [n + 1] * (double) y [n];
            about += wide_x [n] * wide_y [n];
        }
    }
    gradmq_isa_use (before);
}

static void
test_dot_beyond_f32_is_finite (void **state)
{
    (void) state;
    const float x [] = {3e38f, -3e38f, 1};
    assert_true (gradmq_kernel_dot_f32 (x, x, 3) > 1.7e77);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dot_small_integers_is_exact_and_has_the_same_bits),
        cmocka_unit_test (test_dot_beyond_f32_is_finite),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
