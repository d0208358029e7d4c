#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/size.h"

static void
test_add_that_fits_gives_the_sum (void **state)
{
    (void) state;
    uint64_t result = 0;
    assert_true (gradmq_size_add (UINT64_MAX - 1, 1, &result));
    assert_true (result == UINT64_MAX);
}

static void
test_add_overflow_leaves_the_result (void **state)
{
    (void) state;
    uint64_t result = 42;
    assert_false (gradmq_size_add (UINT64_MAX, 1, &result));
    assert_false (gradmq_size_add (UINT64_MAX, UINT64_MAX, &result));
    assert_int_equal (result, 42);
}

static void
test_mul_that_fits_gives_the_product (void **state)
{
    (void) state;
    uint64_t result = 1;
    assert_true (gradmq_size_mul (UINT64_MAX, 0, &result));
    assert_int_equal (result, 0);
    assert_true (gradmq_size_mul (1ull << 32, (1ull << 32) - 1, &result));
    assert_true (result == 0xffffffff00000000u);
}

static void
test_mul_overflow_leaves_the_result (void **state)
{
    (void) state;
    uint64_t result = 42;
    assert_false (gradmq_size_mul (1ull << 32, 1ull << 32, &result));
    assert_false (gradmq_size_mul (UINT64_MAX, 2, &result));
    assert_int_equal (result, 42);
}

static void
test_mul_into_one_of_its_factors (void **state)
{
    (void) state;
    uint64_t value = 3;
    assert_true (gradmq_size_mul (value, 5, &value));
    assert_int_equal (value, 15);
    assert_true (gradmq_size_add (value, value, &value));
    assert_int_equal (value, 30);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_add_that_fits_gives_the_sum),
        cmocka_unit_test (test_add_overflow_leaves_the_result),
        cmocka_unit_test (test_mul_that_fits_gives_the_product),
        cmocka_unit_test (test_mul_overflow_leaves_the_result),
        cmocka_unit_test (test_mul_into_one_of_its_factors),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
