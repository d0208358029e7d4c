//  S-7: acknowledgements are published on ack/<model>/<worker>/ after each batch that changed
//  something for that worker, and repeated with the heartbeat while anything received is unsettled or
//  anything is missing. The control request answers the same.

#include "spec/fixture/act.h"

static void
s_next (peer_t *peer, gradmq_event_t *event)
{
    peer_event (peer, "ack/" PEER_MODEL "/w/", GRADMQ_EVENT_ACKNOWLEDGEMENT, event);
}

static void
test_change_is_published_to_its_worker_alone (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 60000;  //  nothing is repeated meanwhile
    peer_t *peer = peer_new_with (&options);
    peer_load (peer, 1);
    peer_subscribe_events (peer, "ack/");
    uint64_t other = peer_join (peer, "v"), incarnation = peer_join (peer, "w");
    gradmq_event_t event;
    for (uint64_t i = 1; i <= 3; i++) {
        act_push (peer, "w", incarnation, i, 0.25f, 1);
        s_next (peer, &event);
        assert_string_equal (event.ack.worker, "w");
        assert_int_equal (event.ack.incarnation, incarnation);
        act_assert_ack (&event.ack, i, i, i, 0, 0);
        assert_int_equal (event.ack.position.version, i);
        gradmq_event_clear (&event);
    }
    //  The other's is the next one on this socket: nothing was published for it before.
    act_push (peer, "v", other, 1, 0.125f, 1);
    peer_event (peer, "", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
    assert_string_equal (event.ack.worker, "v");
    act_assert_ack (&event.ack, 1, 1, 1, 0, 0);
    gradmq_event_clear (&event);
    act_assert_parameters (peer, 1, 0.125f, 4);
    peer_destroy (&peer);
}

static void
test_open_end_is_repeated_with_the_heartbeat (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, 1);
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    gradmq_event_t event;
    for (int i = 0; i < 4; i++) {
        s_next (peer, &event);
        act_assert_ack (&event.ack, 1, 0, 0, 0, 0);
        gradmq_event_clear (&event);
    }
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    do {
        gradmq_event_clear (&event);
        s_next (peer, &event);
    } while (event.ack.settled_through == 0);
    act_assert_ack (&event.ack, 1, 1, 1, 0, 0);
    gradmq_event_clear (&event);
    //  Missing is open, too.
    act_push (peer, "w", incarnation, 3, 0.25f, 1);
    for (int i = 0; i < 4; i++) {
        s_next (peer, &event);
        act_assert_ack (&event.ack, 1, 1, 2, 1, 0);
        act_assert_missing (&event.ack, 0, 2, 2, 0);
        gradmq_event_clear (&event);
    }
    peer_destroy (&peer);
}

//  A duplicate changes nothing, but whoever sends it wants to know.
static void
test_duplicate_is_answered_by_the_next_acknowledgement (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 60000;
    peer_t *peer = peer_new_with (&options);
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    peer_settle (peer, "w", incarnation, 1);
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    gradmq_event_t event;
    s_next (peer, &event);
    act_assert_ack (&event.ack, 1, 1, 1, 0, 0);
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_change_is_published_to_its_worker_alone),
        cmocka_unit_test (test_open_end_is_repeated_with_the_heartbeat),
        cmocka_unit_test (test_duplicate_is_answered_by_the_next_acknowledgement),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
