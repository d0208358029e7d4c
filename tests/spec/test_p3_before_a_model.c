//  P-3: before a model is loaded epoch and version are 0.

#include "spec/fixture/peer.h"

static void
test_epoch_and_version_are_0_before_a_model_is_loaded (void **state)
{
    (void) state;
    const gradmq_command_t commands [] = {GRADMQ_COMMAND_DESCRIBE,
                                          GRADMQ_COMMAND_STATUS,
                                          GRADMQ_COMMAND_GET_PARAMETERS,
                                          GRADMQ_COMMAND_LIST_WORKERS,
                                          GRADMQ_COMMAND_STOP,
                                          GRADMQ_COMMAND_CLEAR_GRADIENTS,
                                          GRADMQ_COMMAND_GET_MODEL_PARAMETERS};
    peer_t *peer = peer_new ();
    peer_join (peer, "w");
    assert_int_equal (peer->reply.joined.layout_id, 0);
    for (size_t i = 0; i < sizeof commands / sizeof commands [0]; i++) {
        gradmq_request_t request = {.command = commands [i]};
        uint32_t code = peer_request (peer, &request, NULL, 0);
        assert_int_equal (code, commands [i] == GRADMQ_COMMAND_GET_MODEL_PARAMETERS
                                    ? GRADMQ_ERR_NO_MODEL
                                    : GRADMQ_OK);
        assert_true (peer->reply.position.instance != 0);
        assert_int_equal (peer->reply.position.epoch, 0);
        assert_int_equal (peer->reply.position.version, 0);
    }
    gradmq_request_t fence = {.command = GRADMQ_COMMAND_CLEAR_GRADIENTS, .new_epoch = true};
    assert_int_equal (peer_request (peer, &fence, NULL, 0), GRADMQ_ERR_NO_MODEL);
    assert_int_equal (peer->reply.position.epoch, 0);
    peer_subscribe_events (peer, "event/" PEER_MODEL "/all/");
    gradmq_event_t event;
    peer_event (peer, "event/", GRADMQ_EVENT_HEARTBEAT, &event);
    assert_int_equal (event.position.epoch, 0);
    assert_int_equal (event.position.version, 0);
    assert_int_equal (event.heartbeat.state, GRADMQ_STATE_EMPTY);
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_epoch_and_version_are_0_before_a_model_is_loaded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
