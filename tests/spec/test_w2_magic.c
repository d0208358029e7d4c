//  W-2: a wrong magic is refused: PREAMBLE.

#include "spec/fixture/peer.h"

static void
test_gradient_with_a_wrong_magic_is_malformed (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 3);
    peer_subscribe_events (peer, "malformed/" PEER_MODEL "/");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    zmsg_t *message = peer_frames (&gradient, (float []){1, 1, 1}, 12);
    zframe_data (zmsg_first (message)) [0] = 'X';
    peer_push_frames (peer, &message);
    gradmq_event_t event;
    peer_event (peer, "malformed/", GRADMQ_EVENT_MALFORMED, &event);
    assert_int_equal (event.malformed.code, GRADMQ_ERR_PREAMBLE);
    assert_int_equal (event.malformed.count, 1);
    gradmq_event_clear (&event);
    peer_assert_untouched (peer, 3);
    peer_destroy (&peer);
}

static void
test_request_with_a_wrong_magic_is_answered (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, "GET / HTTP/1.1\r\n", 16);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_ERR_PREAMBLE);
    assert_non_null (peer->reply.message);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_a_wrong_magic_is_malformed),
        cmocka_unit_test (test_request_with_a_wrong_magic_is_answered),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
