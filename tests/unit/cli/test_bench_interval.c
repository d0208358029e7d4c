#include "cli/bench/learn/interval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
s_assert_near (double value, double expected)
{
    if (fabs (value - expected) > 1e-4)
        fail_msg ("%.17g is not %.17g", value, expected);
}

//  Differences 1, 2, 3: mean 2, deviation 1, Student's t of 2 degrees 4.3027.
static void
test_interval_of_three_pairs_is_students (void **state)
{
    (void) state;
    const double values [] = {11, 22, 33}, baseline [] = {10, 20, 30};
    gradmq_interval_t interval = gradmq_interval (values, baseline, 3);
    s_assert_near (interval.mean, 2);
    s_assert_near (interval.low, 2 - 4.3027 / sqrt (3));
    s_assert_near (interval.high, 2 + 4.3027 / sqrt (3));
}

//  Student's own data (1908): hours of sleep gained by ten patients with two drugs. The interval is
//  the one that every textbook has.
static void
test_interval_of_students_sleep_data_is_the_known_one (void **state)
{
    (void) state;
    const double first [] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    const double second [] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    gradmq_interval_t interval = gradmq_interval (first, second, 10);
    s_assert_near (interval.mean, -1.58);
    s_assert_near (interval.low, -2.4599);
    s_assert_near (interval.high, -0.7001);
}

static void
test_interval_equal_pairs_have_no_width (void **state)
{
    (void) state;
    const double values [] = {3, 5, 9, 4};
    gradmq_interval_t interval = gradmq_interval (values, values, 4);
    s_assert_near (interval.low, 0);
    s_assert_near (interval.high, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_interval_of_three_pairs_is_students),
        cmocka_unit_test (test_interval_of_students_sleep_data_is_the_known_one),
        cmocka_unit_test (test_interval_equal_pairs_have_no_width),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
