//  What every pass has to keep: the same bits on every instruction set, in place or not, at any
//  address, in blocks of any length.

#include "trial.h"

static void
test_block_every_instruction_set_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t first, other;
    static const size_t sizes [] = {0, 1, 2, 7, 15, 31, 64, 67, 100, 1000, MOST};
    gradmq_isa_t before = gradmq_isa ();
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (size_t j = 0; j < 2 * (sizeof sizes / sizeof sizes [0]); j++) {
            size_t n = sizes [j / 2];
            bool wide = j & 1;
            assert_true (gradmq_isa_use (GRADMQ_ISA_BASELINE));
            s_fill (&first, 1, n, wide);
            s_run (row, &first, 1, 0, n, wide, false);
            for (int isa = 1; isa < GRADMQ_ISAS; isa++) {
                if (!gradmq_isa_use ((gradmq_isa_t) isa))
                    continue;
                s_fill (&other, 1, n, wide);
                s_run (row, &other, 1, 0, n, wide, false);
                s_assert_same (row, &first, &other, gradmq_isa_name ((gradmq_isa_t) isa));
            }
        }
    gradmq_isa_use (before);
}

static void
test_block_cut_or_in_place_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t whole, cut;
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (int wide = 0; wide < 2; wide++) {
            s_fill (&whole, 3, 1000, wide);
            s_run (row, &whole, 3, 0, 1000, wide, false);
            s_fill (&cut, 3, 1000, wide);
            s_run (row, &cut, 3, 0, 333, wide, true);
            s_run (row, &cut, 3, 333, 600, wide, true);
            s_run (row, &cut, 3, 933, 67, wide, true);
            memcpy (cut.next, cut.p, sizeof cut.next);
            memcpy (cut.sums, whole.sums, sizeof cut.sums);
            s_assert_same (row, &whole, &cut, "cutting");
        }
}

static void
test_block_limit_is_the_greatest_of_parameters_and_state (void **state)
{
    (void) state;
    static s_trial_t trial;
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (int wide = 0; wide < 2; wide++) {
            s_fill (&trial, 0, 300, wide);
            s_run (row, &trial, 0, 0, 300, wide, false);
            double most = 0;
            for (size_t j = 0; j < 300; j++) {
                most = fmax (most, fabs (s_get (trial.next, j, wide)));
                for (size_t k = 0; k < row->states; k++)
                    most = fmax (most, fabs (s_get (trial.state [k], j, wide)));
            }
            assert_true (trial.limit == most);
        }
}

static void
test_block_with_a_non_finite_number_says_so (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const double poison [] = {INFINITY, -INFINITY, NAN};
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (size_t j = 0; j < 6; j++) {
            bool wide = j & 1;
            s_fill (&trial, 0, 100, wide);
            s_put (trial.g, 77, wide, poison [j / 2]);
            gradmq_terms_t terms = s_terms;
            double factor [GRADMQ_FACTORS_MAX] = {0};
            gradmq_block_t block = {trial.p, trial.next,
                                    trial.g, {trial.state [0], trial.state [1], trial.state [2]},
                                    100,     factor};
            row->prepare (&terms, factor);
            double limit = (wide ? row->block_f64 : row->block_f32) (&block);
            if (isfinite (limit))
                fail_msg ("%s took %g", row->name, poison [j / 2]);
        }
}

//  Where PyTorch has no decoupled decay: the same step, and rate x weight_decay x parameter less.
static void
test_decay_is_the_rate_times_the_parameter (void **state)
{
    (void) state;
    static s_trial_t with, without;
    static const char *const names [] = {"sgd", "momentum", "nesterov"};
    for (size_t i = 0; i < 3; i++) {
        const gradmq_optimizer_t *row = gradmq_optimizer_find (names [i]);
        s_fill (&with, 0, 50, true);
        s_fill (&without, 0, 50, true);
        for (int j = 0; j < 2; j++) {
            s_trial_t *trial = j ? &with : &without;
            gradmq_terms_t terms = s_terms;
            double factor [GRADMQ_FACTORS_MAX] = {0};
            terms.weight_decay = j ? 0.25 : 0;
            row->prepare (&terms, factor);
            gradmq_block_t block = {trial->p,           trial->next, trial->g,
                                    {trial->state [0]}, 50,          factor};
            row->block_f64 (&block);
        }
        for (size_t j = 0; j < 50; j++) {
            double less = s_terms.rate * 0.25 * s_get (with.p, j, true);
            double expected = s_get (without.next, j, true) - less;
            assert_true (fabs (s_get (with.next, j, true) - expected) < 1e-15);
            assert_true (less != 0);
        }
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_block_every_instruction_set_gives_the_same_bits),
        cmocka_unit_test (test_block_cut_or_in_place_gives_the_same_bits),
        cmocka_unit_test (test_block_limit_is_the_greatest_of_parameters_and_state),
        cmocka_unit_test (test_block_with_a_non_finite_number_says_so),
        cmocka_unit_test (test_decay_is_the_rate_times_the_parameter),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
