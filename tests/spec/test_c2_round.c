//  C-2 while a step is open: a worker always has a slot, so that whoever is waited for can be heard.

#include "spec/fixture/crew.h"

static void
test_fast_worker_does_not_keep_the_slow_out (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "queue_gradients", "2");
    crew_push (crew, 0, 1);
    crew_model (crew, 1, -1);
    crew_push (crew, 0, 1);  //  held: all its credit
    crew_held (crew, 0, 2);
    crew_push (crew, 0, 1);  //  beyond it
    act_handled (crew->peer, crew->handled);
    peer_ack (crew->peer, "a", crew->of [0].incarnation, 0);
    assert_int_equal (act_outcome_of (&crew->peer->reply.ack, 3).code, GRADMQ_ERR_QUEUE_FULL);
    crew_push (crew, 1, 1);
    crew_model (crew, 3, -3);
    //  The same octets come again when there is credit.
    crew->of [0].sequence = 2;
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 3);
    crew_push (crew, 1, 1);
    crew_model (crew, 5, -5);
    crew_destroy (&crew);
}

static void
test_open_round_with_the_smallest_queue_goes_on (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (5, "policy", "bsp", "queue_gradients", "1", "rule", "sum");
    for (unsigned round = 1; round <= 3; round++) {
        for (size_t i = 0; i < 5; i++)
            crew_push (crew, i, 1);
        crew_model (crew, round, -5 * (float) round);
    }
    crew_destroy (&crew);
}

//  What was refused does not take anybody's room.
static void
test_refused_ones_take_no_room (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "queue_gradients", "8");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    for (int i = 0; i < 20; i++)
        crew_push (crew, 0, NAN);
    crew_push (crew, 1, 1);
    crew_push (crew, 1, 1);
    crew_held (crew, 1, 2);
    crew_destroy (&crew);
}

//  Contributions count as held (C-3) until the step is closed.
static void
test_contributions_count_against_the_credit (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "buffer_gradients", "3", "queue_gradients", "6");
    crew_join (crew, 1);
    crew_join (crew, 2);
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_held (crew, 0, 2);
    crew_push (crew, 0, 1);
    act_handled (crew->peer, crew->handled);
    peer_ack (crew->peer, "a", crew->of [0].incarnation, 0);
    assert_int_equal (crew->peer->reply.ack.credit_gradients, 2);
    assert_int_equal (act_outcome_of (&crew->peer->reply.ack, 3).code, GRADMQ_ERR_QUEUE_FULL);
    crew_push (crew, 1, 4);
    crew_model (crew, 1, -2);
    crew_destroy (&crew);
}

//  Refused ones that a ClearGradients took away do not count for ever.
static void
test_refused_ones_answer_after_many_were_cleared (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp");
    for (int k = 0; k < 3; k++) {
        assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
        for (int i = 0; i < 400; i++)
            crew_push (crew, 0, NAN);
        act_handled (crew->peer, crew->handled);
        assert_int_equal (act_clear (crew->peer, false), GRADMQ_OK);
        assert_int_equal (crew->peer->reply.cleared, 0);
        assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    }
    crew_push (crew, 0, NAN);
    crew_push (crew, 1, 1);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_fast_worker_does_not_keep_the_slow_out),
        cmocka_unit_test (test_open_round_with_the_smallest_queue_goes_on),
        cmocka_unit_test (test_refused_ones_take_no_room),
        cmocka_unit_test (test_contributions_count_against_the_credit),
        cmocka_unit_test (test_refused_ones_answer_after_many_were_cleared),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
