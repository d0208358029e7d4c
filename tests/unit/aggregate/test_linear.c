//  Sum, mean and weighted mean against plain loops.

#include "trial.h"

//  The weight of contribution i in a rule's result, by the definition.
typedef double (s_share_t) (const s_trial_t *trial, size_t i);

static double
s_share_of_sum (const s_trial_t *trial, size_t i)
{
    (void) trial;
    (void) i;
    return 1;
}

static double
s_share_of_mean (const s_trial_t *trial, size_t i)
{
    (void) i;
    return 1 / (double) trial->n;
}

static double
s_share_by_weight (const s_trial_t *trial, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < trial->n; j++)
        sum += fmin (trial->given [j], trial->settings.max_weight);
    return fmin (trial->given [i], trial->settings.max_weight) / sum;
}

//  Every element is the weighted sum: n + 2 roundings in F64, and one to the dtype.
static void
s_check (const char *name, s_trial_t *trial, size_t count, s_share_t *share)
{
    s_run (gradmq_rule_find (name), trial, 0, count);
    for (size_t j = 0; j < count; j++) {
        double sum = 0, size = 0;
        for (size_t i = 0; i < trial->n; i++) {
            double part = share (trial, i) * s_get (s_x (trial, i), j, trial->wide);
            sum += part;
            size += fabs (part);
        }
        double bound = s_half (sum, trial->wide) + (double) (trial->n + 2) * s_half (size, true);
        if (!(fabs (s_result (trial, j) - sum) <= bound))
            fail_msg ("%s of %zu: element %zu is %.17g, not %.17g", name, trial->n, j,
                      s_result (trial, j), sum);
    }
}

static void
test_block_is_the_weighted_sum (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const size_t sizes [] = {1, 7, 64, 513, 1021};
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (int wide = 0; wide < 2; wide++) {
            size_t count = sizes [n % 5];
            s_fill (&trial, n, count, wide, n + 40);
            s_check ("sum", &trial, count, s_share_of_sum);
            s_check ("mean", &trial, count, s_share_of_mean);
            s_check ("weighted_mean", &trial, count, s_share_by_weight);
            trial.settings.max_weight = 1.5;
            s_check ("weighted_mean", &trial, count, s_share_by_weight);
        }
}

static void
test_weighted_mean_counts_a_greater_weight_as_the_greatest (void **state)
{
    (void) state;
    double given [3] = {1, 1e12, 3}, weight [3];
    size_t trim = 9;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.max_weight = 4;
    gradmq_rule_find ("weighted_mean")->weigh (&settings, given, 3, weight, &trim);
    assert_true (weight [0] == 0.125 && weight [1] == 0.5 && weight [2] == 0.375);
    assert_int_equal (trim, 0);
}

static void
test_weighted_mean_of_the_least_weights_is_a_mean (void **state)
{
    (void) state;
    double given [4] = {4.9e-324, 4.9e-324, 4.9e-324, 4.9e-324}, weight [4];
    size_t trim;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    gradmq_rule_find ("weighted_mean")->weigh (&settings, given, 4, weight, &trim);
    for (size_t i = 0; i < 4; i++)
        assert_true (weight [i] == 0.25);
}

//  Weights of 1 to rules that do not weigh.
static void
test_mean_and_sum_ignore_weights (void **state)
{
    (void) state;
    static s_trial_t trial, other;
    static const char *const names [] = {"sum", "mean"};
    for (size_t i = 0; i < 2; i++) {
        s_fill (&trial, 9, 100, true, 5);
        s_fill (&other, 9, 100, true, 5);
        other.given [4] = 1e9;
        s_run (gradmq_rule_find (names [i]), &trial, 0, 100);
        s_run (gradmq_rule_find (names [i]), &other, 0, 100);
        assert_memory_equal (trial.out, other.out, sizeof trial.out);
    }
}

//  F32: exactly that contribution, since the sum is F64. F64: an error a rounding.
static void
test_mean_of_equal_contributions_is_that_contribution (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const char *const names [] = {"mean", "weighted_mean", "krum", "multi_krum"};
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (size_t k = 0; k < 8; k++) {
            bool wide = k & 1;
            s_fill (&trial, n, 500, wide, n);
            for (size_t i = 1; i < n; i++)
                memcpy (s_x (&trial, i), s_x (&trial, 0), 500 * 8);
            s_run (gradmq_rule_find (names [k / 2]), &trial, 0, 500);
            for (size_t j = 0; j < 500; j++) {
                double one = s_get (s_x (&trial, 0), j, wide);
                double bound = wide ? (double) (n + 2) * s_half (one, true) : 0;
                assert_true (fabs (s_result (&trial, j) - one) <= bound);
            }
        }
}

//  The greatest values that are taken, 1e18, and far greater ones: F32 is added up in F64.
static void
test_mean_of_extreme_f32_does_not_overflow (void **state)
{
    (void) state;
    static s_trial_t trial;
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (size_t k = 0; k < 2; k++) {
            float value = k ? 3.40282347e38f : 1e18f;
            s_fill (&trial, n, 40, false, n);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < 40; j++)
                    s_put (s_x (&trial, i), j, false, (double) value);
            s_run (gradmq_rule_find ("mean"), &trial, 0, 40);
            for (size_t j = 0; j < 40; j++)
                assert_true (s_result (&trial, j) == (double) value);
        }
}

//  Small ones are not lost beside large ones that cancel.
static void
test_sum_of_f32_is_better_than_f32 (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const double values [] = {16777216, 1, 1, -16777216};
    s_fill (&trial, 4, 3, false, 1);
    for (size_t i = 0; i < 4; i++)
        s_put (s_x (&trial, i), 2, false, values [i]);
    s_run (gradmq_rule_find ("sum"), &trial, 0, 3);
    assert_true (s_result (&trial, 2) == 2);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_block_is_the_weighted_sum),
        cmocka_unit_test (test_weighted_mean_counts_a_greater_weight_as_the_greatest),
        cmocka_unit_test (test_weighted_mean_of_the_least_weights_is_a_mean),
        cmocka_unit_test (test_mean_and_sum_ignore_weights),
        cmocka_unit_test (test_mean_of_equal_contributions_is_that_contribution),
        cmocka_unit_test (test_mean_of_extreme_f32_does_not_overflow),
        cmocka_unit_test (test_sum_of_f32_is_better_than_f32),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
