//  M-3: Destroy stops, refuses the queue with CLOSED (not settled), tells subscribers with the notice
//  CLOSING, and closes the sockets.

#include "spec/fixture/stage.h"

static void
test_queue_is_not_settled_and_subscribers_are_told (void **state)
{
    (void) state;
    stage_t stage = {.peer = peer_new (), .sequence = 1};
    peer_load_stopped (stage.peer, STAGE_ELEMENTS);
    stage.worker = peer_join (stage.peer, STAGE_WORKER);
    peer_subscribe_events (stage.peer, "event/" PEER_MODEL "/all/");
    gradmq_gradient_t gradient = stage_gradient (&stage);
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    peer_wait_counter (stage.peer, "gradients_received", 1);
    assert_true (gradmq_coordinator_alive (stage.peer->coordinator));

    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (stage.peer, &destroy, NULL, 0), GRADMQ_OK);
    assert_int_equal (stage.peer->reply.state, GRADMQ_STATE_CLOSING);
    gradmq_event_t event;
    peer_notice (stage.peer, "event/", GRADMQ_NOTICE_CLOSING, &event);
    gradmq_event_clear (&event);
    peer_ack (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.settled_through, 0);
    assert_int_equal (stage.peer->reply.ack.disposition_count, 0);
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    while (gradmq_coordinator_alive (stage.peer->coordinator))
        assert_true (zclock_mono () < end);
    peer_destroy (&stage.peer);
}

static void
test_gradient_after_destroy_is_turned_away_and_a_join_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (stage.peer, &destroy, NULL, 0), GRADMQ_OK);
    gradmq_gradient_t gradient = stage_gradient (&stage);
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    peer_wait_counter (stage.peer, "turned_away", 1);
    peer_ack (stage.peer, STAGE_WORKER, stage.worker, 1);
    const gradmq_ack_t *ack = &stage.peer->reply.ack;
    assert_int_equal (ack->received_through, 0);
    assert_int_equal (ack->missing_count, 1);
    assert_int_equal (ack->missing [0].first, 1);
    assert_int_equal (ack->missing [0].code, GRADMQ_ERR_CLOSED);
    gradmq_request_t join = {.command = GRADMQ_COMMAND_JOIN, .worker = "late"};
    assert_int_equal (peer_request (stage.peer, &join, NULL, 0), GRADMQ_ERR_CLOSED);
    peer_assert_untouched (stage.peer, STAGE_ELEMENTS);
    peer_destroy (&stage.peer);
}

static void
test_sockets_are_closed_when_it_ends (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    char endpoints [4][128];
    const char *const names [] = {"control", "gradients", "updates", "events"};
    for (size_t i = 0; i < 4; i++)
        snprintf (endpoints [i], sizeof endpoints [i], "%s",
                  gradmq_coordinator_endpoint (peer->coordinator, names [i], 0));
    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (peer, &destroy, NULL, 0), GRADMQ_OK);
    peer_destroy (&peer);
    for (size_t i = 0; i < 4; i++) {  //  each can be bound by somebody else
        zsock_t *socket = zsock_new (ZMQ_PULL);
        int64_t end = zclock_mono () + PEER_WAIT_MS;
        while (zsock_bind (socket, "%s", endpoints [i]) < 0)
            assert_true (zclock_mono () < end);
        zsock_destroy (&socket);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_queue_is_not_settled_and_subscribers_are_told),
        cmocka_unit_test (test_gradient_after_destroy_is_turned_away_and_a_join_refused),
        cmocka_unit_test (test_sockets_are_closed_when_it_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
