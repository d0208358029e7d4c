#include "cli/bench/learn/dice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { THROWS = 20000 };

static void
s_assert_near (double value, double expected, double tolerance)
{
    if (!(fabs (value - expected) <= tolerance))
        fail_msg ("%g is not %g", value, expected);
}

static void
test_dice_same_seed_and_stream_give_the_same (void **state)
{
    (void) state;
    gradmq_dice_t a = gradmq_dice (7, 3), b = gradmq_dice (7, 3);
    for (size_t i = 0; i < 100; i++)
        assert_true (gradmq_dice_next (&a) == gradmq_dice_next (&b));
}

static void
test_dice_other_seed_or_stream_gives_another (void **state)
{
    (void) state;
    gradmq_dice_t a = gradmq_dice (7, 3), b = gradmq_dice (3, 7), c = gradmq_dice (7, 4);
    uint64_t first = gradmq_dice_next (&a);
    assert_true (first != gradmq_dice_next (&b));
    assert_true (first != gradmq_dice_next (&c));
}

static void
test_normal_has_mean_0_and_variance_1 (void **state)
{
    (void) state;
    gradmq_dice_t dice = gradmq_dice (1, 1);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < THROWS; i++) {
        double x = gradmq_dice_normal (&dice);
        sum += x;
        squares += x * x;
    }
    s_assert_near (sum / THROWS, 0, 0.03);
    s_assert_near (squares / THROWS, 1, 0.05);
}

//  Mean and variance of a gamma distribution of scale 1 are its shape, above and below 1.
static void
test_gamma_has_its_shape_as_mean_and_variance (void **state)
{
    (void) state;
    const double shapes [] = {0.3, 1.0, 4.0};
    for (size_t s = 0; s < 3; s++) {
        gradmq_dice_t dice = gradmq_dice (2, s);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < THROWS; i++) {
            double x = gradmq_dice_gamma (&dice, shapes [s]);
            assert_true (x > 0);
            sum += x;
            squares += (x - shapes [s]) * (x - shapes [s]);
        }
        s_assert_near (sum / THROWS, shapes [s], 0.05 * shapes [s]);
        s_assert_near (squares / THROWS, shapes [s], 0.1 * shapes [s]);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dice_same_seed_and_stream_give_the_same),
        cmocka_unit_test (test_dice_other_seed_or_stream_gives_another),
        cmocka_unit_test (test_normal_has_mean_0_and_variance_1),
        cmocka_unit_test (test_gamma_has_its_shape_as_mean_and_variance),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
