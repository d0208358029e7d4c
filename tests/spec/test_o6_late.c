//  O-6: a gradient whose base is before the newest version, or whose clock is below the round, is REFUSED:
//  LATE. One whose clock is above the round is held where its worker has answered the round, else
//  REFUSED: ARGUMENT. One of a worker that has answered the round is held until the next.

#include "spec/fixture/crew.h"

static void
test_base_before_the_newest_version_is_late (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "quorum", "1");
    gradmq_gradient_t first = crew_gradient (crew, 0), second = crew_gradient (crew, 1);
    crew_base (crew, &first, 0);
    crew_base (crew, &second, 0);
    crew_send (crew, &first, 1);
    crew_model (crew, 1, -1);
    crew_send (crew, &second, 1);
    crew_disposed (crew, 1, 1, GRADMQ_REFUSED, GRADMQ_ERR_LATE);
    //  It was no answer: b answers with one from the newest version.
    gradmq_gradient_t third = crew_gradient (crew, 1);
    crew_base (crew, &third, 1);
    crew_send (crew, &third, 1);
    crew_model (crew, 2, -2);
    crew_destroy (&crew);
}

static void
test_clock_below_the_round_is_late (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    uint64_t round = crew_status (crew)->round;
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 1);
    crew_model (crew, 1, -1);
    assert_int_equal (crew_status (crew)->round, round + 1);
    gradmq_gradient_t late = crew_clocked (crew, 0, round, true);
    crew_send (crew, &late, 1);
    crew_disposed (crew, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_LATE);
    gradmq_gradient_t skip = crew_clocked (crew, 0, round, true);
    skip.kind = GRADMQ_KIND_SKIP;
    crew_send (crew, &skip, 1);
    crew_disposed (crew, 0, 3, GRADMQ_REFUSED, GRADMQ_ERR_LATE);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 2);  //  a has not answered
    gradmq_gradient_t good = crew_clocked (crew, 0, round + 1, true);
    crew_send (crew, &good, 4);
    crew_model (crew, 2, -4);
    crew_destroy (&crew);
}

static void
test_clock_above_the_round_is_held_after_the_answer (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    for (uint64_t i = 0; i < 3; i++) {
        gradmq_gradient_t gradient = crew_clocked (crew, 0, round + i, true);
        crew_send (crew, &gradient, (float) (1 << i));
        crew_held (crew, 0, i + 1);
    }
    crew_push (crew, 1, 8);
    crew_model (crew, 1, -9);
    crew_held (crew, 0, 2);
    crew_push (crew, 1, 8);
    crew_model (crew, 2, -19);
    crew_held (crew, 0, 3);
    crew_push (crew, 1, 8);
    crew_model (crew, 3, -31);
    crew_destroy (&crew);
}

static void
test_clock_above_the_round_is_refused_before_the_answer (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    uint64_t round = crew_status (crew)->round;
    gradmq_gradient_t early = crew_clocked (crew, 0, round + 1, true);
    crew_send (crew, &early, 1);
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_ARGUMENT);
    //  Nobody waits for a: one that is REFUSED with ARGUMENT has answered.
    crew_push (crew, 1, 1);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

static void
test_second_gradient_is_held_until_the_next_round (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    for (int i = 0; i < 3; i++)
        crew_push (crew, 0, 1);
    crew_held (crew, 0, 3);
    assert_int_equal (crew_status (crew)->contributions, 1);
    assert_int_equal (crew->peer->reply.status.queued_gradients, 3);
    for (unsigned i = 1; i <= 3; i++) {
        crew_push (crew, 1, 1);
        crew_model (crew, i, -2 * (float) i);
        crew_disposed (crew, 0, i, GRADMQ_APPLIED, 0);
    }
    crew_destroy (&crew);
}

//  What is held is behind when the next round begins, where it says what it was made from.
static void
test_held_gradient_from_an_old_base_is_late (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    for (int i = 0; i < 2; i++) {
        gradmq_gradient_t gradient = crew_gradient (crew, 0);
        crew_base (crew, &gradient, 0);
        crew_send (crew, &gradient, 1);
        crew_held (crew, 0, gradient.sequence);
    }
    crew_push (crew, 1, 1);
    crew_model (crew, 1, -2);
    crew_disposed (crew, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_LATE);
    crew_destroy (&crew);
}

//  Rules G-2 and G-4: what can only be late is refused when it comes, stopped or not.
static void
test_late_one_is_refused_while_stopped (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "bsp");
    crew_push (crew, 0, 1);
    crew_model (crew, 1, -1);
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    gradmq_gradient_t late = crew_gradient (crew, 0);
    crew_base (crew, &late, 0);
    crew_send (crew, &late, 1);
    crew_disposed (crew, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_LATE);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_base_before_the_newest_version_is_late),
        cmocka_unit_test (test_clock_below_the_round_is_late),
        cmocka_unit_test (test_clock_above_the_round_is_held_after_the_answer),
        cmocka_unit_test (test_clock_above_the_round_is_refused_before_the_answer),
        cmocka_unit_test (test_second_gradient_is_held_until_the_next_round),
        cmocka_unit_test (test_held_gradient_from_an_old_base_is_late),
        cmocka_unit_test (test_late_one_is_refused_while_stopped),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
