//  C-3: a gradient beyond credit is turned away: QUEUE_FULL. What counts is what the coordinator
//  holds of that worker.

#include "spec/fixture/act.h"

static void
test_refused_and_settled_ones_are_not_held (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "3");
    uint64_t incarnation = peer_join (peer, "w");
    //  1, 3 and 5 are held; the others are refused at once.
    for (uint64_t i = 1; i <= 6; i++)
        act_push (peer, "w", incarnation, i, 0.25f, i % 2);
    act_push (peer, "w", incarnation, 7, 0.125f, 1);
    act_handled (peer, 7);
    peer_ack (peer, "w", incarnation, 0);
    //  The sixth found the queue full, which is looked at before its contents.
    act_assert_ack (&peer->reply.ack, 5, 0, 0, 1, 2);
    act_assert_missing (&peer->reply.ack, 0, 6, 7, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 5);
    for (uint64_t i = 6; i <= 7; i++)
        act_push (peer, "w", incarnation, i, 0.125f, 1);
    peer_settle (peer, "w", incarnation, 7);
    act_assert_ack (&peer->reply.ack, 7, 7, 5, 0, 2);
    act_assert_parameters (peer, 1, 0, 5);
    peer_destroy (&peer);
}

static void
test_it_is_told_with_a_notice_and_over_control_as_the_code (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_set (peer, "queue_gradients", "1");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/w/w/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    act_assert_notice (peer, "w", GRADMQ_NOTICE_TURNED_AWAY, incarnation, 2, GRADMQ_ERR_QUEUE_FULL);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 2);
    gradmq_request_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient};
    assert_int_equal (peer_request (peer, &add, (float []){0.25f}, 4), GRADMQ_ERR_QUEUE_FULL);
    //  The very same request may succeed later.
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (peer_request (peer, &add, (float []){0.25f}, 4), GRADMQ_OK);
    act_assert_ack (&peer->reply.added.ack, 2, 2, 2, 0, 0);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_refused_and_settled_ones_are_not_held),
        cmocka_unit_test (test_it_is_told_with_a_notice_and_over_control_as_the_code),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
