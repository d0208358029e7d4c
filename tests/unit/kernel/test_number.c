//  Functions of one number against the C library's, whose last bits may differ.

#include "kernel/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PI 3.14159265358979323846

static void
s_assert_near (double got, double expected, double tolerance)
{
    if (!(fabs (got - expected) <= tolerance))
        fail_msg ("%.17g, not %.17g", got, expected);
}

static void
test_power_of_betas_is_right_to_the_last_bit (void **state)
{
    (void) state;
    static const double bases [] = {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999999, 0.1, 1e-9, 0};
    for (size_t i = 0; i < sizeof bases / sizeof bases [0]; i++)
        for (uint64_t n = 0; n < 100000; n += n < 300 ? 1 : 997) {
            double expected = pow (bases [i], (double) n);
            s_assert_near (gradmq_number_power (bases [i], n), expected,
                           expected * 2.3e-16 + 1e-300);
        }
}

static void
test_power_without_factors_is_one (void **state)
{
    (void) state;
    assert_true (gradmq_number_power (0, 0) == 1);
    assert_true (gradmq_number_power (0.3, 0) == 1);
    assert_true (gradmq_number_power (0.3, 1) == 0.3);
    assert_true (gradmq_number_power (1, UINT64_MAX) == 1);
    assert_true (gradmq_number_power (0.5, UINT64_MAX) == 0);
}

static void
test_root_power_is_close (void **state)
{
    (void) state;
    static const double bases [] = {1, 0.999999, 0.96, 0.5, 0.70710678, 0.1, 1e-9};
    for (size_t i = 0; i < sizeof bases / sizeof bases [0]; i++)
        for (double x = 0; x < 400; x = x * 1.1 + 1e-4) {
            double expected = pow (bases [i], x);
            double tolerance = expected > 1e-6 ? 1e-14 * expected : 1e-15;
            s_assert_near (gradmq_number_root_power (bases [i], x), expected, tolerance);
        }
    assert_true (gradmq_number_root_power (0.96, 0) == 1);
    assert_true (gradmq_number_root_power (1, 1e15) == 1);
    assert_true (gradmq_number_root_power (0.96, 1e15) == 0);
}

static void
test_cos_pi_is_close_and_exact_at_the_ends (void **state)
{
    (void) state;
    for (int i = 0; i <= 4096; i++)
        s_assert_near (gradmq_number_cos_pi (i / 4096.0), cos (PI * i / 4096), 4e-16);
    assert_true (gradmq_number_cos_pi (0) == 1);
    assert_true (gradmq_number_cos_pi (0.5) == 0);
    assert_true (gradmq_number_cos_pi (1) == -1);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_power_of_betas_is_right_to_the_last_bit),
        cmocka_unit_test (test_power_without_factors_is_one),
        cmocka_unit_test (test_root_power_is_close),
        cmocka_unit_test (test_cos_pi_is_close_and_exact_at_the_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
