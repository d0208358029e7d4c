//  Krum and multi-Krum: what they choose.

#include "trial.h"

#include "kernel/kernel.h"

#include <stdio.h>

#define ELEMENTS 301

static void
s_select (const char *name, uint64_t byzantine, uint64_t selected, const double *distances,
          size_t n, bool *chosen)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    settings.byzantine = byzantine;
    settings.krum_selected = selected;
    gradmq_rule_find (name)->select (&settings, distances, n, chosen);
}

//  Five numbers on a line: 0, 1, 3, 7, 100. With one malicious, a score is the sum of the two least
//  squared distances:
//    0     1 +    9 =    10
//    1     1 +    4 =     5
//    3     4 +    9 =    13
//    7    16 +   36 =    52
//    100 8649 + 9409 = 18058
static const double s_line [5] = {0, 1, 3, 7, 100};

static void
s_assert_chosen (const char *name, uint64_t selected, const char *expected)
{
    double distances [25];
    bool chosen [5];
    char text [6] = "";
    for (size_t i = 0; i < 25; i++)
        distances [i] = (s_line [i / 5] - s_line [i % 5]) * (s_line [i / 5] - s_line [i % 5]);
    s_select (name, 1, selected, distances, 5, chosen);
    for (size_t i = 0; i < 5; i++)
        text [i] = chosen [i] ? '1' : '0';
    assert_string_equal (text, expected);
}

static void
test_select_of_a_worked_example (void **state)
{
    (void) state;
    s_assert_chosen ("krum", 0, "01000");
    s_assert_chosen ("krum", 3, "01000");  //  only multi_krum reads krum_selected
    s_assert_chosen ("multi_krum", 0, "11000");
    s_assert_chosen ("multi_krum", 1, "01000");
    s_assert_chosen ("multi_krum", 2, "11000");
    s_assert_chosen ("multi_krum", 3, "11100");
    s_assert_chosen ("multi_krum", 4, "11110");
    s_assert_chosen ("multi_krum", 4096, "11111");
}

static void
test_select_gives_ties_to_the_earlier (void **state)
{
    (void) state;
    double distances [49];
    bool chosen [7];
    for (size_t i = 0; i < 49; i++)
        distances [i] = i / 7 == i % 7 ? 0 : 2;
    s_select ("krum", 2, 0, distances, 7, chosen);
    for (size_t i = 0; i < 7; i++)
        assert_true (chosen [i] == (i == 0));
    s_select ("multi_krum", 2, 4, distances, 7, chosen);
    for (size_t i = 0; i < 7; i++)
        assert_true (chosen [i] == (i < 4));
}

//  Distances beyond F64 are the farthest there are.
static void
test_select_with_infinite_distances_leaves_them_out (void **state)
{
    (void) state;
    double distances [25];
    bool chosen [5];
    for (size_t i = 0; i < 25; i++)
        distances [i] = i / 5 == i % 5 ? 0 : i / 5 == 0 || i % 5 == 0 ? INFINITY : 3;
    s_select ("multi_krum", 1, 4, distances, 5, chosen);
    for (size_t i = 0; i < 5; i++)
        assert_true (chosen [i] == (i > 0));
}

//  n honest contributions near a common point, the last `malicious` of them replaced.
static void
s_attack (s_trial_t *trial, size_t n, size_t malicious, double offset, uint64_t seed)
{
    s_fill (trial, n, 0, trial->wide, seed);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < ELEMENTS; j++) {
            double honest = sin ((double) j) + 1e-3 * (2 * s_random (&seed) - 1);
            s_put (s_x (trial, i), j, trial->wide, i < n - malicious ? honest : honest + offset);
        }
}

static void
s_choose (s_trial_t *trial, const char *name, uint64_t byzantine, const size_t *order, bool *chosen)
{
    static double distances [CONTRIBUTIONS * CONTRIBUTIONS];
    const void *x [CONTRIBUTIONS];
    memset (distances, 0, sizeof distances);
    for (size_t i = 0; i < trial->n; i++)
        x [i] = s_x (trial, order ? order [i] : i);
    (trial->wide ? gradmq_kernel_distances_f64 : gradmq_kernel_distances_f32) (
        x, trial->n, ELEMENTS, 0, gradmq_kernel_pairs (trial->n), distances);
    s_select (name, byzantine, 0, distances, trial->n, chosen);
}

static void
test_select_leaves_out_who_attacks (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const double offsets [] = {0.01, -3, 1e18};
    bool chosen [CONTRIBUTIONS];
    for (uint64_t byzantine = 1; byzantine <= 15; byzantine++)
        for (size_t k = 0; k < 6; k++) {
            size_t n = 2 * (size_t) byzantine + 3;
            trial.wide = k & 1;
            s_attack (&trial, n, (size_t) byzantine, offsets [k / 2], byzantine);
            size_t some = 0;
            for (size_t j = 0; j < 2; j++) {
                s_choose (&trial, j ? "multi_krum" : "krum", byzantine, NULL, chosen);
                for (size_t i = 0; i < n; i++) {
                    some += chosen [i];
                    assert_true (!chosen [i] || i < n - (size_t) byzantine);
                }
            }
            assert_int_equal (some, 1 + n - (size_t) byzantine - 2);
        }
}

//  One sends what is far away from everything to blur the distances, another what is near enough
//  not to be seen then.
static void
test_select_sees_a_near_attack_beside_a_far_one (void **state)
{
    (void) state;
    static s_trial_t trial;
    bool chosen [CONTRIBUTIONS];
    for (int wide = 0; wide < 2; wide++)
        for (size_t first = 0; first < 9; first++) {
            trial.wide = wide;
            s_attack (&trial, 9, 0, 0, 5);
            for (size_t j = 0; j < ELEMENTS; j++) {
                s_put (s_x (&trial, first), j, wide, 1e18);
                s_put (s_x (&trial, (first + 4) % 9), j, wide, sin ((double) j) + 0.01);
            }
            s_choose (&trial, "multi_krum", 2, NULL, chosen);
            assert_false (chosen [first]);
            assert_false (chosen [(first + 4) % 9]);
        }
}

static void
test_order_of_contributions_does_not_change_the_choice (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const char *const names [] = {"krum", "multi_krum"};
    bool chosen [CONTRIBUTIONS], other [CONTRIBUTIONS];
    size_t order [CONTRIBUTIONS];
    for (size_t n = 5; n <= CONTRIBUTIONS; n++)
        for (size_t k = 0; k < 4; k++) {
            uint64_t seed = n, byzantine = (n - 3) / 2;
            trial.wide = k & 1;
            s_attack (&trial, n, (size_t) byzantine / 2, 1e-3, n);
            for (size_t i = 0; i < n; i++)
                order [i] = i;
            for (size_t i = n - 1; i > 0; i--) {
                size_t with = (size_t) (s_random (&seed) * (double) (i + 1)), kept = order [i];
                order [i] = order [with];
                order [with] = kept;
            }
            s_choose (&trial, names [k / 2], byzantine, NULL, chosen);
            s_choose (&trial, names [k / 2], byzantine, order, other);
            for (size_t i = 0; i < n; i++)
                assert_true (other [i] == chosen [order [i]]);
        }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_select_of_a_worked_example),
        cmocka_unit_test (test_select_gives_ties_to_the_earlier),
        cmocka_unit_test (test_select_with_infinite_distances_leaves_them_out),
        cmocka_unit_test (test_select_leaves_out_who_attacks),
        cmocka_unit_test (test_select_sees_a_near_attack_beside_a_far_one),
        cmocka_unit_test (test_order_of_contributions_does_not_change_the_choice),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
