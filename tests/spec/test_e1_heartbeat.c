//  E-1: a heartbeat says what the state is, and where no steps are made although gradients or workers
//  wait: why. It comes every heartbeat_ms, and at a change of state.

#include "spec/fixture/act.h"

static void
s_next (peer_t *peer, gradmq_event_t *event)
{
    peer_event (peer, "event/" PEER_MODEL "/all/", GRADMQ_EVENT_HEARTBEAT, event);
}

static void
test_heartbeat_says_what_is_and_why_nothing_moves (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_events (peer, "event/" PEER_MODEL "/all/");
    gradmq_event_t event;
    s_next (peer, &event);
    assert_int_equal (event.heartbeat.state, GRADMQ_STATE_EMPTY);
    assert_non_null (event.heartbeat.why);
    assert_int_equal (event.heartbeat.heartbeat_ms, 50);
    assert_string_equal (event.heartbeat.durability, "memory");
    gradmq_event_clear (&event);
    peer_load_stopped (peer, 1);
    uint64_t epoch = peer->reply.position.epoch, instance = peer->reply.position.instance;
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    act_push (peer, "w", incarnation, 2, 0.25f, 1);
    do
        s_next (peer, &event);
    while (event.heartbeat.queued < 2 && (gradmq_event_clear (&event), true));
    assert_int_equal (event.heartbeat.state, GRADMQ_STATE_STOPPED);
    assert_int_equal (event.heartbeat.members, 1);
    assert_non_null (strstr (event.heartbeat.why, "2"));
    assert_int_equal (event.position.instance, instance);
    assert_int_equal (event.position.epoch, epoch);
    assert_int_equal (event.position.version, 0);
    gradmq_event_clear (&event);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    do
        s_next (peer, &event);
    while (event.position.version < 2 && (gradmq_event_clear (&event), true));
    assert_int_equal (event.heartbeat.state, GRADMQ_STATE_RUNNING);
    assert_int_equal (event.heartbeat.queued, 0);
    assert_null (event.heartbeat.why);
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

static void
test_change_of_state_is_told_at_once (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 60000;
    peer_t *peer = peer_new_with (&options);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/all/");
    peer_load (peer, 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    //  Nothing changes, so nothing is told.
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (peer, &destroy, NULL, 0), GRADMQ_OK);
    static const uint32_t states [] = {GRADMQ_STATE_STOPPED, GRADMQ_STATE_RUNNING,
                                       GRADMQ_STATE_STOPPED, GRADMQ_STATE_CLOSING};
    for (size_t i = 0; i < sizeof states / sizeof states [0]; i++) {
        gradmq_event_t event;
        s_next (peer, &event);
        assert_int_equal (event.heartbeat.state, states [i]);
        gradmq_event_clear (&event);
    }
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_heartbeat_says_what_is_and_why_nothing_moves),
        cmocka_unit_test (test_change_of_state_is_told_at_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
