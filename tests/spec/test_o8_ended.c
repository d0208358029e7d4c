//  O-8, M-1, M-2: a load, ClearGradients, Reset, and a change of policy or rule end the open round without a
//  step. Stop does not: queue and open step stay. A load returns contributions to the queue.

#include "spec/fixture/crew.h"

//  Round 1 has an answer of `a` and one of `b` is held; c is waited for.
static crew_t *
s_open (void)
{
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    crew_subscribe (crew);
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_push (crew, 1, 4);
    crew_held (crew, 0, 1);
    crew_held (crew, 1, 2);
    assert_int_equal (crew_status (crew)->contributions, 2);
    assert_int_equal (crew->peer->reply.status.queued_gradients, 3);
    return crew;
}

static void
s_assert_ended (crew_t *crew, uint64_t round, uint64_t contributions)
{
    const gradmq_status_report_t *status;
    //  What was held has its turn in the round after the command, which may be behind the answer.
    do
        status = crew_status (crew);
    while (status->contributions < contributions);
    assert_true (status->round > round);
    assert_int_equal (status->contributions, contributions);
    assert_int_equal (crew->peer->reply.position.version, 0);
}

static void
test_stop_keeps_the_open_step (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    uint64_t round = crew_status (crew)->round;
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    crew_push (crew, 2, 8);
    crew_held (crew, 2, 1);
    assert_int_equal (crew_status (crew)->contributions, 2);
    assert_int_equal (crew->peer->reply.status.round, round);
    assert_int_equal (crew->peer->reply.position.version, 0);
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    crew_model (crew, 1, -11);
    crew_destroy (&crew);
}

static void
test_clear_discards_the_open_step_and_what_is_held (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    uint64_t round = crew_status (crew)->round;
    assert_int_equal (act_clear (crew->peer, false), GRADMQ_OK);
    assert_int_equal (crew->peer->reply.cleared, 3);
    crew_notice (crew, GRADMQ_NOTICE_CLEARED, 3, 0);
    crew_disposed (crew, 0, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 2, GRADMQ_DISCARDED, 0);
    s_assert_ended (crew, round, 0);
    assert_int_equal (crew->peer->reply.status.queued_gradients, 0);
    for (size_t i = 0; i < 3; i++)
        crew_push (crew, i, 1);
    crew_model (crew, 1, -3);
    crew_destroy (&crew);
}

static void
test_reset_discards_the_open_step_alone (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    uint64_t round = crew_status (crew)->round;
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_RESET), GRADMQ_OK);
    assert_int_equal (crew->peer->reply.cleared, 2);
    crew_notice (crew, GRADMQ_NOTICE_CLEARED, 2, 0);
    crew_disposed (crew, 0, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_DISCARDED, 0);
    //  What b sent for the next round takes part in it.
    crew_held (crew, 1, 2);
    s_assert_ended (crew, round, 1);
    crew_push (crew, 0, 8);
    crew_push (crew, 2, 16);
    crew_model (crew, 1, -28);
    crew_destroy (&crew);
}

static void
test_change_of_rule_discards_the_open_step (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    uint64_t round = crew_status (crew)->round;
    CREW_SET (crew, "rule", "mean");
    crew_notice (crew, GRADMQ_NOTICE_CLEARED, 2, 0);
    crew_disposed (crew, 0, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_DISCARDED, 0);
    crew_held (crew, 1, 2);
    s_assert_ended (crew, round, 1);
    crew_skip (crew, 0);
    crew_push (crew, 2, 6);
    crew_model (crew, 1, -5);
    crew_destroy (&crew);
}

static void
test_change_of_policy_discards_the_open_step (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    CREW_SET (crew, "policy", "async");
    crew_notice (crew, GRADMQ_NOTICE_CLEARED, 2, 0);
    crew_disposed (crew, 0, 1, GRADMQ_DISCARDED, 0);
    crew_disposed (crew, 1, 1, GRADMQ_DISCARDED, 0);
    crew_model (crew, 1, -4);  //  what was held has its turn
    crew_disposed (crew, 1, 2, GRADMQ_APPLIED, 0);
    crew_destroy (&crew);
}

static void
test_change_of_another_setting_keeps_the_open_step (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    uint64_t round = crew_status (crew)->round;
    CREW_SET (crew, "learning_rate", "2", "quorum", "0");
    assert_int_equal (crew_status (crew)->contributions, 2);
    assert_int_equal (crew->peer->reply.status.round, round);
    crew_push (crew, 2, 8);
    crew_model (crew, 1, -22);
    crew_destroy (&crew);
}

//  Without a base they are taken in any epoch; with one of the old they are not.
static void
test_load_returns_contributions_to_the_queue (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    uint64_t round = crew_status (crew)->round;
    gradmq_gradient_t old = crew_gradient (crew, 0);
    crew_base (crew, &old, 0);
    crew_send (crew, &old, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    act_load (crew->peer, &(act_tensor_t){"t", CREW_ELEMENTS, 0}, 1, (float []){100, 100});
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_EPOCH);
    crew_held (crew, 1, 1);
    s_assert_ended (crew, round, 1);
    crew_push (crew, 0, 4);
    crew_push (crew, 2, 8);
    crew_model (crew, 1, 86);
    crew_destroy (&crew);
}

static void
test_load_of_another_layout_refuses_what_waits (void **state)
{
    (void) state;
    crew_t *crew = s_open ();
    act_load (crew->peer, &(act_tensor_t){"u", 3, 0}, 1, (float []){1, 1, 1});
    crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    crew_disposed (crew, 1, 1, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    crew_disposed (crew, 1, 2, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    assert_int_equal (crew_status (crew)->contributions, 0);
    crew_destroy (&crew);
}

static void
test_reset_of_single_steps_is_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "async");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_RESET), GRADMQ_ERR_UNSUPPORTED);
    CREW_SET (crew, "policy", "ssp");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_RESET), GRADMQ_ERR_UNSUPPORTED);
    CREW_SET (crew, "policy", "async", "buffer_gradients", "2");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_RESET), GRADMQ_OK);
    assert_int_equal (crew->peer->reply.cleared, 0);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_stop_keeps_the_open_step),
        cmocka_unit_test (test_clear_discards_the_open_step_and_what_is_held),
        cmocka_unit_test (test_reset_discards_the_open_step_alone),
        cmocka_unit_test (test_change_of_rule_discards_the_open_step),
        cmocka_unit_test (test_change_of_policy_discards_the_open_step),
        cmocka_unit_test (test_change_of_another_setting_keeps_the_open_step),
        cmocka_unit_test (test_load_returns_contributions_to_the_queue),
        cmocka_unit_test (test_load_of_another_layout_refuses_what_waits),
        cmocka_unit_test (test_reset_of_single_steps_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
