//  Which round a gradient takes part in, and when it ended without a version. PROTOCOL.md, rule O-7.

#include "rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_take_known_round_counts_versions_since (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 6);
    assert_int_equal (gradmq_rounds_open (&rounds), 8);
    gradmq_rounds_hear (&rounds, 7, 6, 8);
    assert_false (rounds.over);
}

static void
test_hear_next_round_at_the_same_version_is_over (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 4);
    gradmq_rounds_hear (&rounds, 7, 4, 7);
    assert_true (rounds.over);
    gradmq_rounds_take (&rounds, 7, 4);
    assert_false (rounds.over);
    assert_int_equal (gradmq_rounds_open (&rounds), 7);
}

static void
test_hear_round_of_another_version_is_not_over (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 3);
    gradmq_rounds_hear (&rounds, 7, 4, 6);
    gradmq_rounds_hear (&rounds, 8, 3, 9);
    gradmq_rounds_hear (&rounds, 7, 3, 0);
    assert_false (rounds.over);
}

//  Where rounds do not go with versions (policy async) the guess is too high and mended.
static void
test_hear_lower_round_than_guessed_is_believed (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 100);
    gradmq_rounds_hear (&rounds, 7, 100, 5);
    assert_false (rounds.over);
    assert_int_equal (gradmq_rounds_open (&rounds), 5);
}

static void
test_passed_only_the_base_counts (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_take (&rounds, 7, 4);
    gradmq_rounds_passed (&rounds, 7, 3);
    gradmq_rounds_passed (&rounds, 6, 4);
    assert_false (rounds.over);
    gradmq_rounds_passed (&rounds, 7, 4);
    assert_true (rounds.over);
}

//  The notice and the heartbeat behind it tell of the same round: what is answered next is not over.
static void
test_passed_then_its_heartbeat_is_one_round (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 4);
    gradmq_rounds_passed (&rounds, 7, 4);
    assert_true (rounds.over);
    gradmq_rounds_take (&rounds, 7, 4);
    assert_int_equal (gradmq_rounds_open (&rounds), 7);
    gradmq_rounds_hear (&rounds, 7, 4, 7);
    assert_false (rounds.over);
    gradmq_rounds_passed (&rounds, 7, 6);
    gradmq_rounds_take (&rounds, 7, 6);
    assert_int_equal (gradmq_rounds_open (&rounds), 10);
}

static void
test_forget_rounds_begin_anew (void **state)
{
    (void) state;
    gradmq_rounds_t rounds = {0};
    gradmq_rounds_hear (&rounds, 7, 3, 5);
    gradmq_rounds_take (&rounds, 7, 3);
    gradmq_rounds_forget (&rounds);
    assert_int_equal (gradmq_rounds_open (&rounds), 0);
    gradmq_rounds_hear (&rounds, 7, 3, 1);
    assert_false (rounds.over);
    assert_int_equal (gradmq_rounds_open (&rounds), 1);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_take_known_round_counts_versions_since),
        cmocka_unit_test (test_hear_next_round_at_the_same_version_is_over),
        cmocka_unit_test (test_hear_round_of_another_version_is_not_over),
        cmocka_unit_test (test_hear_lower_round_than_guessed_is_believed),
        cmocka_unit_test (test_passed_only_the_base_counts),
        cmocka_unit_test (test_passed_then_its_heartbeat_is_one_round),
        cmocka_unit_test (test_forget_rounds_begin_anew),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
