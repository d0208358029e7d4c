//  W-1: a message has at least one frame (for updates and events: two), and the header holds the
//  preamble. Refused: MALFORMED.

#include "spec/fixture/stage.h"

static const size_t s_too_short [] = {0, 1, 4, 7};

static void
test_gradient_without_a_whole_preamble_is_malformed (void **state)
{
    (void) state;
    const uint8_t preamble [] = {0x47, 0x4d, 0x51, 0xf1, 1, 1, 0, 0};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_too_short / sizeof s_too_short [0]; i++) {
        zmsg_t *message = zmsg_new ();
        zmsg_addmem (message, preamble, s_too_short [i]);
        zmsg_addmem (message, stage_values (), STAGE_BYTES);
        stage_malformed (&stage, &message, GRADMQ_ERR_MALFORMED);
    }
    stage_end (&stage);
}

static void
test_request_without_a_whole_preamble_is_malformed (void **state)
{
    (void) state;
    const uint8_t preamble [] = {0x47, 0x4d, 0x51, 0xf1, 1, 4, 0, 0};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_too_short / sizeof s_too_short [0]; i++) {
        zmsg_t *message = zmsg_new ();
        zmsg_addmem (message, preamble, s_too_short [i]);
        stage_declined (&stage, &message, GRADMQ_ERR_MALFORMED);
    }
    stage_end (&stage);
}

//  The next message on a topic that begins so.
static zmsg_t *
s_next (zsock_t *socket, const char *topic)
{
    for (;;) {
        zmsg_t *message = zmsg_recv (socket);
        assert_non_null (message);
        zframe_t *first = zmsg_first (message);
        if (zframe_size (first) >= strlen (topic)
            && memcmp (zframe_data (first), topic, strlen (topic)) == 0)
            return message;
        zmsg_destroy (&message);
    }
}

static void
s_assert_header (zframe_t *frame, gradmq_frame_kind_t kind)
{
    const uint8_t preamble [] = {0x47, 0x4d, 0x51, 0xf1, 1, (uint8_t) kind, 0, 0};
    assert_non_null (frame);
    assert_true (zframe_size (frame) > sizeof preamble);
    assert_memory_equal (zframe_data (frame), preamble, sizeof preamble);
}

static void
test_update_is_topic_header_and_payload_and_event_topic_and_header (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    peer_subscribe_updates (stage.peer, "params/");
    peer_subscribe_events (stage.peer, "event/");
    gradmq_gradient_t gradient = stage_gradient (&stage);
    peer_push (stage.peer, &gradient, stage_values (), STAGE_ELEMENTS);
    zmsg_t *update = s_next (stage.peer->updates, "params/" PEER_MODEL "/f32/");
    assert_int_equal (zmsg_size (update), 3);
    zmsg_first (update);
    s_assert_header (zmsg_next (update), GRADMQ_FRAME_UPDATE);
    assert_int_equal (zframe_size (zmsg_next (update)), STAGE_BYTES);
    zmsg_destroy (&update);
    zmsg_t *event = s_next (stage.peer->events, "event/" PEER_MODEL "/all/");
    assert_int_equal (zmsg_size (event), 2);
    zmsg_first (event);
    s_assert_header (zmsg_next (event), GRADMQ_FRAME_EVENT);
    zmsg_destroy (&event);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_without_a_whole_preamble_is_malformed),
        cmocka_unit_test (test_request_without_a_whole_preamble_is_malformed),
        cmocka_unit_test (test_update_is_topic_header_and_payload_and_event_topic_and_header),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
