//  what changes something is done once for each (client, request_id).

#include "spec/fixture/peer.h"

static void
test_retry_is_answered_from_the_cache (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    gradmq_request_t join = {
        .command = GRADMQ_COMMAND_JOIN, .worker = "w", .client = "c", .request_id = 7};
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    uint64_t incarnation = peer->reply.joined.incarnation;
    assert_false (peer->reply.repeated_answer);
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    assert_true (peer->reply.repeated_answer);
    assert_int_equal (peer->reply.joined.incarnation, incarnation);
    peer_destroy (&peer);
}

static void
test_same_id_for_another_request_is_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    gradmq_request_t join = {
        .command = GRADMQ_COMMAND_JOIN, .worker = "w", .client = "c", .request_id = 7};
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_OK);
    join.worker = "other";
    assert_int_equal (peer_request (peer, &join, NULL, 0), GRADMQ_ERR_REQUEST_ID);
    peer_destroy (&peer);
}

static void
test_change_without_request_id_is_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    gradmq_request_t stop = {.command = GRADMQ_COMMAND_STOP, .model = PEER_MODEL};
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_request (&stop, &header, &size), GRADMQ_OK);
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, header, size);
    free (header);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_ERR_ARGUMENT);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_retry_is_answered_from_the_cache),
        cmocka_unit_test (test_same_id_for_another_request_is_refused),
        cmocka_unit_test (test_change_without_request_id_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
