//  Median and trimmed mean against sorting each element's values.

#include "trial.h"

#include "aggregate/middle.h"
#include "aggregate/network.h"

static int
s_compare (const void *a, const void *b)
{
    double x = s_get (a, 0, true), y = s_get (b, 0, true);
    return (x > y) - (x < y);
}

//  The values of element j, the least first.
static void
s_column (s_trial_t *trial, size_t j, double column [CONTRIBUTIONS])
{
    for (size_t i = 0; i < trial->n; i++)
        column [i] = s_get (s_x (trial, i), j, trial->wide);
    qsort (column, trial->n, sizeof *column, s_compare);
}

//  By the definition.
static double
s_median (const double *column, size_t n)
{
    return n % 2 ? column [n / 2] : (column [n / 2 - 1] + column [n / 2]) / 2;
}

static double
s_trimmed (const double *column, size_t n, size_t trim)
{
    double sum = 0;
    for (size_t i = trim; i < n - trim; i++)
        sum += column [i];
    return sum / (double) (n - 2 * trim);
}

static void
test_median_is_the_middle_value (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const size_t sizes [] = {1, 9, 64, 257, 601};
    double column [CONTRIBUTIONS];
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (int wide = 0; wide < 2; wide++) {
            size_t count = sizes [n % 5];
            s_fill (&trial, n, count, wide, n + 7);
            s_run (gradmq_rule_find ("median"), &trial, 0, count);
            for (size_t j = 0; j < count; j++) {
                s_column (&trial, j, column);
                double median = s_median (column, n);
                if (!(s_result (&trial, j) == (wide ? median : (double) (float) median)))
                    fail_msg ("median of %zu: element %zu is %.17g, not %.17g", n, j,
                              s_result (&trial, j), median);
            }
        }
}

static void
test_trimmed_mean_is_the_mean_of_the_rest (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const double fractions [] = {0, 0.1, 0.2, 1.0 / 3, 0.499};
    static const size_t sizes [] = {1, 9, 64, 257, 601};
    double column [CONTRIBUTIONS];
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (size_t k = 0; k < 10; k++) {
            bool wide = k & 1;
            size_t count = sizes [(n + k) % 5];
            size_t trim = (size_t) (fractions [k / 2] * (double) n + 1e-9);
            s_fill (&trial, n, count, wide, n + k);
            trial.settings.trim_fraction = fractions [k / 2];
            s_run (gradmq_rule_find ("trimmed_mean"), &trial, 0, count);
            for (size_t j = 0; j < count; j++) {
                s_column (&trial, j, column);
                double mean = s_trimmed (column, n, trim), size = 0;
                for (size_t i = trim; i < n - trim; i++)
                    size += fabs (column [i]) / (double) (n - 2 * trim);
                double bound = s_half (mean, wide) + (double) (n + 2) * s_half (size, true);
                if (!(fabs (s_result (&trial, j) - mean) <= bound))
                    fail_msg ("trimmed mean of %zu without %zu: element %zu is %.17g, not %.17g", n,
                              trim, j, s_result (&trial, j), mean);
            }
        }
}

static size_t
s_trim (double fraction, size_t n)
{
    double given [200] = {0}, weight [200];
    size_t trim = 99;
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.trim_fraction = fraction;
    gradmq_rule_find ("trimmed_mean")->weigh (&settings, given, n, weight, &trim);
    return trim;
}

static void
test_trimmed_mean_leaves_out_the_whole_part_of_the_fraction (void **state)
{
    (void) state;
    assert_int_equal (s_trim (0.2, 1), 0);
    assert_int_equal (s_trim (0.2, 4), 0);
    assert_int_equal (s_trim (0.2, 5), 1);
    assert_int_equal (s_trim (0.2, 9), 1);
    assert_int_equal (s_trim (0.2, 10), 2);
    assert_int_equal (s_trim (0.499, 2), 0);
    assert_int_equal (s_trim (0.499, 3), 1);
    assert_int_equal (s_trim (0.29, 100), 29);  //  the product is below 29
    assert_int_equal (s_trim (0, 33), 0);
}

//  One contributor in five cannot move the result beyond what honest ones sent.
static void
test_outliers_do_not_move_the_result (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const char *const names [] = {"median", "trimmed_mean"};
    for (size_t k = 0; k < 4; k++) {
        s_fill (&trial, 10, 50, k & 1, 3);
        for (size_t j = 0; j < 50; j++) {
            for (size_t i = 0; i < 10; i++)
                s_put (s_x (&trial, i), j, trial.wide, 1 + (double) i / 16);
            s_put (s_x (&trial, 2), j, trial.wide, 1e18);
            s_put (s_x (&trial, 7), j, trial.wide, j % 2 ? 1e18 : -1e18);
        }
        s_run (gradmq_rule_find (names [k / 2]), &trial, 0, 50);
        for (size_t j = 0; j < 50; j++)
            assert_true (s_result (&trial, j) >= 1 && s_result (&trial, j) <= 1.5625);
    }
}

static void
test_order_of_contributions_changes_no_bit (void **state)
{
    (void) state;
    static s_trial_t trial, other;
    static const char *const names [] = {"median", "trimmed_mean"};
    for (size_t n = 1; n <= CONTRIBUTIONS; n++)
        for (size_t k = 0; k < 4; k++) {
            uint64_t seed = n;
            size_t size = k & 1 ? 8 : 4;
            s_fill (&trial, n, 300, k & 1, n);
            s_fill (&other, n, 300, k & 1, n);
            for (size_t i = n - 1; i > 0; i--) {
                uint8_t kept [300 * 8];
                size_t with = (size_t) (s_random (&seed) * (double) (i + 1));
                memcpy (kept, s_x (&other, i), 300 * size);
                memmove (s_x (&other, i), s_x (&other, with), 300 * size);
                memcpy (s_x (&other, with), kept, 300 * size);
            }
            s_run (gradmq_rule_find (names [k / 2]), &trial, 0, 300);
            s_run (gradmq_rule_find (names [k / 2]), &other, 0, 300);
            if (memcmp (trial.out, other.out, sizeof trial.out) != 0)
                fail_msg ("%s of %zu depends on the order", names [k / 2], n);
        }
}

//  The two middle values are added up in F64.
static void
test_median_of_two_extreme_f32_does_not_overflow (void **state)
{
    (void) state;
    static s_trial_t trial;
    s_fill (&trial, 2, 1, false, 1);
    for (size_t i = 0; i < 2; i++)
        s_put (s_x (&trial, i), 0, false, (double) 3.40282347e38f);
    s_run (gradmq_rule_find ("median"), &trial, 0, 1);
    assert_true (s_result (&trial, 0) == (double) 3.40282347e38f);
}

//  As many as there can be. Contribution i holds a permutation of 0, 1, 2 ... over the others.
static void
test_median_of_the_most_contributions (void **state)
{
    (void) state;
    enum { N = GRADMQ_CONTRIBUTIONS_MAX, ELEMENTS = 7 };
    static float narrow [N][ELEMENTS];
    static double wide [N][ELEMENTS];
    static const void *x [2][N];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < ELEMENTS; j++) {
            size_t value = (i * (2 * j + 1) + 77 * j) % N;
            narrow [i][j] = (float) value;
            wide [i][j] = (double) value;
            x [0][i] = narrow [i];
            x [1][i] = wide [i];
        }
    float of_narrow [ELEMENTS] = {0};
    double of_wide [ELEMENTS] = {0};
    gradmq_middle_f32 (&(gradmq_gather_t){
        .x = x [0], .contributions = N, .count = ELEMENTS, .trim = (N - 1) / 2, .out = of_narrow});
    gradmq_middle_f64 (&(gradmq_gather_t){
        .x = x [1], .contributions = N, .count = ELEMENTS, .trim = (N - 1) / 2, .out = of_wide});
    for (size_t j = 0; j < ELEMENTS; j++) {
        assert_true ((double) of_narrow [j] == N / 2 - 0.5);
        assert_true (of_wide [j] == N / 2 - 0.5);
    }
}

//  Bits a and b of v, the lesser first; what is beyond n stays.
static unsigned
s_exchange (unsigned v, size_t a, size_t b, size_t n)
{
    bool swap = b < n && (v >> a & 1) && !(v >> b & 1);
    return swap ? v ^ (1u << a | 1u << b) : v;
}

//  A network that sorts every sequence of zeros and ones sorts everything (Knuth, 5.3.4, theorem Z).
static void
test_network_sorts_any_number_of_values (void **state)
{
    (void) state;
    for (size_t n = 1; n <= 16; n++)
        for (unsigned bits = 0; bits < 1u << n; bits++) {
            unsigned v = bits;
#define EXCHANGE(a, b) v = s_exchange (v, a, b, n);
            GRADMQ_NETWORK (EXCHANGE)
            //  Zeros first: v + its lowest one is the next power of two.
            if (v + (v & -v) != (v ? 1u << n : 0))
                fail_msg ("%x of %zu becomes %x", bits, n, v);
        }
}

static void
test_sort_puts_numbers_in_order (void **state)
{
    (void) state;
    double values [200] = {0}, expected [200] = {0};
    uint64_t seed = 9;
    for (size_t n = 0; n <= 200; n++) {
        for (size_t i = 0; i < n; i++)
            values [i] = expected [i] = fabs (s_number (&seed));
        if (n > 3)
            values [2] = expected [2] = INFINITY;
        gradmq_middle_sort (values, n);
        qsort (expected, n, sizeof *expected, s_compare);
        for (size_t i = 0; i < n; i++)
            assert_true (values [i] == expected [i]);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_median_is_the_middle_value),
        cmocka_unit_test (test_trimmed_mean_is_the_mean_of_the_rest),
        cmocka_unit_test (test_trimmed_mean_leaves_out_the_whole_part_of_the_fraction),
        cmocka_unit_test (test_outliers_do_not_move_the_result),
        cmocka_unit_test (test_order_of_contributions_changes_no_bit),
        cmocka_unit_test (test_median_of_two_extreme_f32_does_not_overflow),
        cmocka_unit_test (test_median_of_the_most_contributions),
        cmocka_unit_test (test_network_sorts_any_number_of_values),
        cmocka_unit_test (test_sort_puts_numbers_in_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
