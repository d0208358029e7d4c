//  O-4: the first answer to a round fixes whom the round waits for: those who are members by then. Who
//  joins later is not waited for, but takes part where it answers in time. Who leaves or departs is not
//  waited for any more.

#include "spec/fixture/crew.h"

static void
test_members_by_the_first_answer_are_waited_for (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    crew_join (crew, 2);
    crew_push (crew, 1, 2);  //  nobody waits for c
    crew_model (crew, 1, -3);
    //  In the next round it is one of them.
    crew_push (crew, 0, 4);
    crew_push (crew, 1, 8);
    crew_held (crew, 0, 2);
    crew_held (crew, 1, 2);
    crew_push (crew, 2, 16);
    crew_model (crew, 2, -31);
    crew_destroy (&crew);
}

static void
test_who_joins_before_the_first_answer_is_waited_for (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    //  A gradient that does not end its clock is no answer.
    gradmq_gradient_t piece = crew_clocked (crew, 0, round, false);
    crew_send (crew, &piece, 1);
    crew_held (crew, 0, 1);
    crew_join (crew, 2);
    gradmq_gradient_t last = crew_clocked (crew, 0, round, true);
    crew_send (crew, &last, 2);
    crew_push (crew, 1, 4);
    crew_held (crew, 1, 1);
    assert_int_equal (crew_status (crew)->waiting_total, 1);
    assert_string_equal (crew->peer->reply.status.waiting_for.items [0], "c");
    crew_push (crew, 2, 8);
    crew_model (crew, 1, -15);
    crew_destroy (&crew);
}

static void
test_who_joins_later_takes_part_in_time (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    crew_join (crew, 2);
    crew_push (crew, 2, 2);
    crew_held (crew, 2, 1);
    crew_push (crew, 1, 4);
    crew_model (crew, 1, -7);
    crew_disposed (crew, 2, 1, GRADMQ_APPLIED, 0);
    crew_destroy (&crew);
}

static void
test_who_leaves_is_not_waited_for (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    assert_int_equal (act_leave (crew->peer, "c", crew->of [2].incarnation, 0), GRADMQ_OK);
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

//  What it pushed takes part; it is gone when that is settled.
static void
test_who_has_answered_may_leave (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    assert_int_equal (act_leave (crew->peer, "a", crew->of [0].incarnation, 1), GRADMQ_OK);
    assert_false (crew->peer->reply.left.complete);
    crew_push (crew, 1, 2);
    crew_model (crew, 1, -3);
    assert_int_equal (act_leave (crew->peer, "a", crew->of [0].incarnation, 1), GRADMQ_OK);
    assert_true (crew->peer->reply.left.complete);
    crew_push (crew, 1, 4);
    crew_model (crew, 2, -7);
    crew_destroy (&crew);
}

static void
test_who_is_fenced_is_not_waited_for (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    crew_join (crew, 2);  //  its new life joined later than the first answer
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

//  A worker that comes back joins later than the first answer.
static void
test_who_departed_and_came_back_is_not_waited_for_in_that_round (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 1);
    uint64_t incarnation = crew->of [2].incarnation;
    assert_int_equal (act_leave (crew->peer, "c", incarnation, 0), GRADMQ_OK);
    assert_true (crew->peer->reply.left.complete);
    assert_int_equal (act_join (crew->peer, "c", incarnation, 1), GRADMQ_OK);
    crew_push (crew, 1, 2);
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_members_by_the_first_answer_are_waited_for),
        cmocka_unit_test (test_who_joins_before_the_first_answer_is_waited_for),
        cmocka_unit_test (test_who_joins_later_takes_part_in_time),
        cmocka_unit_test (test_who_leaves_is_not_waited_for),
        cmocka_unit_test (test_who_has_answered_may_leave),
        cmocka_unit_test (test_who_is_fenced_is_not_waited_for),
        cmocka_unit_test (test_who_departed_and_came_back_is_not_waited_for_in_that_round),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
