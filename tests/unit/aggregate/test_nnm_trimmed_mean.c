//  Nearest neighbor mixing before a trimmed mean: who is near to whom, and what it comes to.

#include "trial.h"

#include "kernel/kernel.h"

#define ELEMENTS 301

static const gradmq_rule_t *
s_rule (void)
{
    return gradmq_rule_find ("nnm_trimmed_mean");
}

static void
s_mix (uint64_t byzantine, const double *distances, size_t n, bool *near)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.byzantine = byzantine;
    s_rule ()->mix (&settings, distances, n, near);
}

//  Of five numbers on a line, as text: a row each, 1 who is near.
static void
s_assert_near (const double line [5], uint64_t byzantine, const char *expected)
{
    double distances [25];
    bool near [25];
    char text [26] = "";
    for (size_t i = 0; i < 25; i++)
        distances [i] = (line [i / 5] - line [i % 5]) * (line [i / 5] - line [i % 5]);
    s_mix (byzantine, distances, 5, near);
    for (size_t i = 0; i < 25; i++)
        text [i] = near [i] ? '1' : '0';
    assert_string_equal (text, expected);
}

static void
test_mix_of_a_worked_example (void **state)
{
    (void) state;
    static const double line [5] = {0, 1, 3, 7, 100};
    s_assert_near (line, 0, "1111111111111111111111111");
    s_assert_near (line, 1,
                   "11110"
                   "11110"
                   "11110"
                   "11110"
                   "01111");
    s_assert_near (line, 2,
                   "11100"
                   "11100"
                   "11100"
                   "01110"
                   "00111");
}

static void
test_mix_gives_ties_to_the_earlier (void **state)
{
    (void) state;
    static const double line [5] = {0, 2, 4, 6, 8};
    s_assert_near (line, 3,
                   "11000"
                   "11000"
                   "01100"
                   "00110"
                   "00011");
    static const double alike [5] = {3, 3, 3, 3, 3};
    s_assert_near (alike, 3,
                   "11000"
                   "11000"
                   "10100"
                   "10010"
                   "10001");
    s_assert_near (alike, 2,
                   "11100"
                   "11100"
                   "11100"
                   "11010"
                   "11001");
}

//  Distances beyond F64 are the farthest there are, and a contribution is always near to itself.
static void
test_mix_with_infinite_distances (void **state)
{
    (void) state;
    double distances [25];
    bool near [25];
    for (size_t i = 0; i < 25; i++)
        distances [i] = i / 5 == i % 5 ? 0 : i / 5 == 4 || i % 5 == 4 ? INFINITY : 3;
    s_mix (2, distances, 5, near);
    for (size_t i = 0; i < 4; i++) {
        assert_true (near [i * 5 + i]);
        assert_false (near [i * 5 + 4]);
    }
    assert_true (near [4 * 5 + 4] && near [4 * 5] && near [4 * 5 + 1]);
    assert_false (near [4 * 5 + 2] || near [4 * 5 + 3]);
}

//  The rule's result for what stands in the trial, by its distances.
static void
s_close (s_trial_t *trial, uint64_t byzantine, size_t count)
{
    double distances [CONTRIBUTIONS * CONTRIBUTIONS] = {0};
    const void *x [CONTRIBUTIONS];
    for (size_t i = 0; i < trial->n; i++)
        x [i] = s_x (trial, i);
    (trial->wide ? gradmq_kernel_distances_f64 : gradmq_kernel_distances_f32) (
        x, trial->n, count, 0, gradmq_kernel_pairs (trial->n), distances);
    trial->settings.byzantine = byzantine;
    s_mix (byzantine, distances, trial->n, trial->near);
    s_run (s_rule (), trial, 0, count);
}

//  0, 1, 3, 7, 100 with two malicious: each becomes a mean of three: 4/3, 4/3, 4/3, 11/3, 110/3. Without the
//  two least and the two greatest 4/3 is left; with one malicious 11/4 four times and 111/4; with none all
//  are the mean.
static void
test_block_of_a_worked_example (void **state)
{
    (void) state;
    static const double line [5] = {0, 1, 3, 7, 100}, expected [] = {22.2, 2.75, 4.0 / 3};
    static s_trial_t trial;
    for (int wide = 0; wide < 2; wide++)
        for (uint64_t byzantine = 0; byzantine < 3; byzantine++) {
            s_fill (&trial, 5, 1, wide, 1);
            for (size_t i = 0; i < 5; i++)
                s_put (s_x (&trial, i), 0, wide, line [i]);
            s_close (&trial, byzantine, 1);
            double of = expected [byzantine];
            assert_true (fabs (s_result (&trial, 0) - of) <= 4 * s_half (of, wide));
        }
}

//  Honest contributions of two kinds, unlike each other as with unlike data, and `malicious` far away.
static void
s_attack (s_trial_t *trial, size_t n, size_t malicious, double offset)
{
    uint64_t seed = n * 31 + malicious;
    s_fill (trial, n, 0, trial->wide, seed);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < ELEMENTS; j++) {
            double honest = (i % 2 ? 1.0 : -1.0) + 0.1 * (2 * s_random (&seed) - 1);
            s_put (s_x (trial, i), j, trial->wide, i < n - malicious ? honest : offset);
        }
}

//  No element leaves the range of the honest, however far away the others are and up to as many as may be.
static void
test_block_stays_among_the_honest (void **state)
{
    (void) state;
    static const double offsets [] = {1e3, -1e9, 1e18};
    static s_trial_t trial;
    for (size_t byzantine = 1; byzantine <= 16; byzantine++)
        for (size_t k = 0; k < 6; k++) {
            trial.wide = k % 2;
            size_t n = 2 * byzantine + 1;
            s_attack (&trial, n, byzantine, offsets [k / 2]);
            s_close (&trial, byzantine, ELEMENTS);
            for (size_t j = 0; j < ELEMENTS; j++)
                if (fabs (s_result (&trial, j)) > 1.1)
                    fail_msg ("%zu of %zu at %g: %g", byzantine, n, offsets [k / 2],
                              s_result (&trial, j));
        }
}

//  Where honest contributions are unlike, the middle value of an element is one of a kind; mixed, they come
//  near their mean.
static void
test_block_is_near_the_mean_of_unlike_contributions (void **state)
{
    (void) state;
    static s_trial_t trial;
    for (int wide = 0; wide < 2; wide++) {
        trial.wide = wide;
        s_attack (&trial, 10, 2, 1e6);
        s_close (&trial, 2, ELEMENTS);
        for (size_t j = 0; j < ELEMENTS; j++)
            assert_true (fabs (s_result (&trial, j)) < 0.2);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_mix_of_a_worked_example),
        cmocka_unit_test (test_mix_gives_ties_to_the_earlier),
        cmocka_unit_test (test_mix_with_infinite_distances),
        cmocka_unit_test (test_block_of_a_worked_example),
        cmocka_unit_test (test_block_stays_among_the_honest),
        cmocka_unit_test (test_block_is_near_the_mean_of_unlike_contributions),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
