//  M-1: Stop finishes the step in hand and makes no other. The queue stays.

#include "spec/fixture/stage.h"

static void
s_command (peer_t *peer, gradmq_command_t command)
{
    gradmq_request_t request = {.command = command};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
}

static void
test_after_stop_no_step_is_made_and_the_queue_stays (void **state)
{
    (void) state;
    enum { FIRST = 3, ALL = 10 };
    stage_t stage = stage_new ();
    peer_subscribe_events (stage.peer, "event/" PEER_MODEL "/all/");
    for (uint64_t i = 0; i < FIRST; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        stage_applied (&stage, &message);
    }
    s_command (stage.peer, GRADMQ_COMMAND_STOP);
    gradmq_event_t event;
    peer_notice (stage.peer, "event/", GRADMQ_NOTICE_STOPPED, &event);
    gradmq_event_clear (&event);
    for (; stage.sequence <= ALL; stage.sequence++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    }
    peer_wait_counter (stage.peer, "gradients_received", ALL);
    //  Two heartbeats later it is still so.
    for (int i = 0; i < 2; i++) {
        peer_event (stage.peer, "event/", GRADMQ_EVENT_HEARTBEAT, &event);
        assert_int_equal (event.position.version, FIRST);
        gradmq_event_clear (&event);
    }
    assert_int_equal (peer_counter (stage.peer, "steps"), FIRST);
    assert_int_equal (stage.peer->reply.status.queued_gradients, ALL - FIRST);
    peer_ack (stage.peer, STAGE_WORKER, stage.worker, ALL);
    assert_int_equal (stage.peer->reply.ack.received_through, ALL);
    assert_int_equal (stage.peer->reply.ack.settled_through, FIRST);

    s_command (stage.peer, GRADMQ_COMMAND_START);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, ALL);
    assert_int_equal (stage.peer->reply.ack.applied, ALL);
    float now [STAGE_ELEMENTS];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < STAGE_ELEMENTS; i++)
        assert_true (now [i] == 1.0f - ALL * stage_values () [i]);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_after_stop_no_step_is_made_and_the_queue_stays),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
