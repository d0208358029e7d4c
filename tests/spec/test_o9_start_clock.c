//  O-9: Join tells `start_clock`, which is min_clock for a new incarnation: its first clock is the one after
//  it. J-7: it tells the round that is open. min_clock never falls.

#include "spec/fixture/crew.h"

static void
test_joiner_starts_at_the_minimum (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "ssp");
    assert_int_equal (crew->peer->reply.joined.start_clock, 0);
    for (uint64_t i = 1; i <= 5; i++)
        crew_push (crew, 0, 1);
    crew_model (crew, 5, -5);
    assert_int_equal (crew_status (crew)->min_clock, 5);
    crew_join (crew, 1);
    assert_int_equal (crew->peer->reply.joined.start_clock, 5);
    //  Its first clock is 6.
    gradmq_gradient_t first = crew_clocked (crew, 1, 6, true);
    crew_send (crew, &first, 1);
    crew_model (crew, 6, -6);
    assert_int_equal (crew_status (crew)->min_clock, 5);
    crew_push (crew, 0, 1);
    crew_model (crew, 7, -7);
    assert_int_equal (crew_status (crew)->min_clock, 6);
    //  A new life of the slowest begins where the others are.
    crew_push (crew, 0, 1);
    crew_model (crew, 8, -8);
    crew_join (crew, 1);
    assert_int_equal (crew->peer->reply.joined.start_clock, 7);
    crew_destroy (&crew);
}

static void
test_minimum_never_falls (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "clock_bound", "10");
    uint64_t slow = crew->of [1].incarnation;
    crew_push (crew, 1, 1);
    for (int i = 0; i < 4; i++)
        crew_push (crew, 0, 1);
    crew_model (crew, 5, -5);
    assert_int_equal (crew_status (crew)->min_clock, 1);
    assert_int_equal (act_leave (crew->peer, "b", slow, 1), GRADMQ_OK);
    assert_int_equal (crew_status (crew)->min_clock, 4);
    //  It comes back as the same and has completed 1.
    assert_int_equal (act_join (crew->peer, "b", slow, 1), GRADMQ_OK);
    assert_int_equal (crew_status (crew)->min_clock, 4);
    assert_int_equal (act_leave (crew->peer, "a", crew->of [0].incarnation, 4), GRADMQ_OK);
    assert_int_equal (act_leave (crew->peer, "b", slow, 1), GRADMQ_OK);
    assert_int_equal (crew_status (crew)->members, 0);
    assert_int_equal (crew->peer->reply.status.min_clock, 4);
    crew_join (crew, 2);
    assert_int_equal (crew->peer->reply.joined.start_clock, 4);
    crew_destroy (&crew);
}

static void
test_join_tells_the_round (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "bsp");
    uint64_t round = crew->peer->reply.joined.round;
    assert_true (round >= 1);
    gradmq_gradient_t gradient = crew_clocked (crew, 0, round, true);
    crew_send (crew, &gradient, 1);
    crew_model (crew, 1, -1);
    crew_join (crew, 1);
    assert_int_equal (crew->peer->reply.joined.round, round + 1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_joiner_starts_at_the_minimum),
        cmocka_unit_test (test_minimum_never_falls),
        cmocka_unit_test (test_join_tells_the_round),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
