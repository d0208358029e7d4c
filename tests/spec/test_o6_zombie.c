//  Section 8 with O-6: what an old incarnation sent before it was fenced takes part; what it sends later does
//  not, nor does it answer.

#include "spec/fixture/crew.h"

static void
test_zombie_does_not_answer (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    gradmq_gradient_t zombie = crew_gradient (crew, 0);
    crew_join (crew, 0);
    crew_send (crew, &zombie, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    assert_int_equal (peer_counter (crew->peer, "turned_away"), 1);
    assert_int_equal (crew_status (crew)->contributions, 1);
    crew_push (crew, 0, 4);
    crew_model (crew, 1, -6);
    crew_destroy (&crew);
}

//  Its worker answers once a round, whichever life of it the gradient is from.
static void
test_gradient_from_before_the_fence_takes_part (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    crew_push (crew, 0, 1);
    gradmq_gradient_t ahead = crew_clocked (crew, 0, round + 1, true);
    crew_send (crew, &ahead, 2);
    crew_held (crew, 0, 2);
    crew_join (crew, 0);
    assert_int_equal (crew_status (crew)->contributions, 1);
    crew_push (crew, 1, 4);
    crew_model (crew, 1, -5);
    //  The gradient for this round is from the old life.
    assert_int_equal (crew_status (crew)->contributions, 1);
    crew_push (crew, 1, 8);
    crew_model (crew, 2, -15);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_zombie_does_not_answer),
        cmocka_unit_test (test_gradient_from_before_the_fence_takes_part),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
