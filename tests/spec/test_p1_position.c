//  P-1: instance is a random non-zero number a process start; version is 0 when a model is loaded and
//  grows by 1 an applied step. Every reply, update and heartbeat carries instance, epoch and version.

#include "spec/fixture/stage.h"

static void
s_assert_same (const gradmq_position_t *a, const gradmq_position_t *b)
{
    assert_true (a->instance == b->instance);
    assert_true (a->epoch == b->epoch);
    assert_true (a->version == b->version);
}

static void
test_instance_differs_from_start_to_start (void **state)
{
    (void) state;
    uint64_t instances [3];
    for (size_t i = 0; i < 3; i++) {
        peer_t *peer = peer_new ();
        gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
        assert_int_equal (peer_request (peer, &describe, NULL, 0), GRADMQ_OK);
        instances [i] = peer->reply.position.instance;
        assert_true (instances [i] != 0);
        peer_destroy (&peer);
    }
    assert_true (instances [0] != instances [1] && instances [1] != instances [2]);
}

static void
test_version_grows_by_one_a_step (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    float values [STAGE_ELEMENTS];
    for (uint64_t version = 0; version < 5; version++) {
        uint64_t now;
        stage_read (&stage, values, sizeof values, &now);
        assert_int_equal (now, version);
        gradmq_gradient_t gradient = stage_gradient (&stage);
        zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
        stage_applied (&stage, &message);
    }
    peer_destroy (&stage.peer);
}

static void
test_reply_update_and_heartbeat_carry_the_same_position (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    peer_subscribe_updates (stage.peer, "params/");
    gradmq_gradient_t gradient = stage_gradient (&stage);
    zmsg_t *message = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    stage_applied (&stage, &message);
    gradmq_position_t position = stage.peer->reply.position;
    assert_true (position.instance && position.epoch);
    assert_int_equal (position.version, 1);
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (stage.peer, &update, &payload, &size);
    s_assert_same (&update.position, &position);
    free (payload);
    gradmq_update_clear (&update);
    peer_subscribe_events (stage.peer, "event/" PEER_MODEL "/all/");
    gradmq_event_t event;
    peer_event (stage.peer, "event/", GRADMQ_EVENT_HEARTBEAT, &event);
    s_assert_same (&event.position, &position);
    gradmq_event_clear (&event);
    peer_destroy (&stage.peer);
}

static void
test_reply_that_refuses_carries_the_position (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    peer_counter (stage.peer, "steps");
    gradmq_position_t position = stage.peer->reply.position;
    zmsg_t *message = zmsg_new ();
    zmsg_addstr (message, "not a request at all");
    assert_int_not_equal (peer_request_frames (stage.peer, &message), GRADMQ_OK);
    s_assert_same (&stage.peer->reply.position, &position);
    gradmq_request_t start = {.command = GRADMQ_COMMAND_START};
    assert_int_equal (peer_request (stage.peer, &start, NULL, 0), GRADMQ_ERR_STATE);
    s_assert_same (&stage.peer->reply.position, &position);
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_instance_differs_from_start_to_start),
        cmocka_unit_test (test_version_grows_by_one_a_step),
        cmocka_unit_test (test_reply_update_and_heartbeat_carry_the_same_position),
        cmocka_unit_test (test_reply_that_refuses_carries_the_position),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
