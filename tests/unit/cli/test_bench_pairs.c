#include "cli/bench/pairs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
s_assert_near (double value, double expected)
{
    if (fabs (value - expected) > 1e-12)
        fail_msg ("%.17g is not %.17g", value, expected);
}

static void
test_median_odd_count_is_the_one_in_the_middle (void **state)
{
    (void) state;
    double values [] = {9, 1, 5};
    s_assert_near (gradmq_bench_median (values, 3), 5);
}

static void
test_median_even_count_is_between_the_two_in_the_middle (void **state)
{
    (void) state;
    double values [] = {8, 1, 2, 4};
    s_assert_near (gradmq_bench_median (values, 4), 3);
}

static void
test_quantile_takes_its_share_of_the_sorted_values (void **state)
{
    (void) state;
    double values [101];
    for (size_t i = 0; i < 101; i++)
        values [i] = (double) (100 - i);
    s_assert_near (gradmq_bench_quantile (values, 101, 0.99), 99);
    s_assert_near (gradmq_bench_quantile (values, 101, 0), 0);
    s_assert_near (gradmq_bench_quantile (values, 101, 1), 100);
    s_assert_near (gradmq_bench_quantile (values, 101, 0.005), 0.5);
}

static void
test_quantile_of_nothing_is_no_number (void **state)
{
    (void) state;
    double none;
    assert_true (isnan (gradmq_bench_quantile (&none, 0, 0.5)));
}

//  A burst that slows two neighbouring runs alike changes the medians and not the ratio.
static void
test_pairs_take_the_ratio_before_the_median (void **state)
{
    (void) state;
    const double ours [] = {90, 9, 90, 9, 9}, theirs [] = {100, 10, 100, 10, 100};
    gradmq_bench_pairs_t pairs = gradmq_bench_pairs (ours, theirs, 5);
    s_assert_near (pairs.ratio, 0.9);
    s_assert_near (pairs.value, 9);
    s_assert_near (pairs.baseline, 100);
    s_assert_near (ours [0], 90);
}

static void
test_turn_alternates_who_comes_first (void **state)
{
    (void) state;
    for (size_t round = 0; round < 4; round++)
        for (size_t turn = 0; turn < 3; turn++)
            assert_int_equal (gradmq_bench_turn (round, turn, 3), round % 2 ? 2 - turn : turn);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_median_odd_count_is_the_one_in_the_middle),
        cmocka_unit_test (test_median_even_count_is_between_the_two_in_the_middle),
        cmocka_unit_test (test_quantile_takes_its_share_of_the_sorted_values),
        cmocka_unit_test (test_quantile_of_nothing_is_no_number),
        cmocka_unit_test (test_pairs_take_the_ratio_before_the_median),
        cmocka_unit_test (test_turn_alternates_who_comes_first),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
