//  Z-6: a key that is taken out has no rights from its next message on, though its connections live; what
//  it subscribed to ends within a heartbeat, and other subscribers come back by themselves.

#include "spec/fixture/keys.h"

static void
test_next_request_and_gradient_are_refused (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    peer_t *admin = keys_peer (keys);
    peer_load (admin, 3);
    peer_t *worker = peer_beside (admin, keys, "w");
    uint64_t incarnation = peer_join (worker, "w");
    gradmq_gradient_t gradient = peer_gradient (worker, "w", incarnation, 1);
    peer_push (worker, &gradient, (float []){1, 1, 1}, 3);
    peer_settle (worker, "w", incarnation, 1);
    keys_revoke (keys, "w");
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (worker, &request, NULL, 0), GRADMQ_ERR_PERMISSION);
    gradient.sequence = 2;
    peer_push (worker, &gradient, (float []){1, 1, 1}, 3);
    peer_wait_counter (admin, "forbidden", 2);
    peer_ack (admin, "w", incarnation, 0);
    assert_int_equal (admin->reply.ack.received_through, 1);
    uint64_t version;
    free (peer_parameters (admin, 3, &version));
    assert_int_equal (version, 1);
    //  Put back, it goes on where it was.
    keys_authorise (keys, "w");
    peer_push (worker, &gradient, (float []){1, 1, 1}, 3);
    peer_settle (worker, "w", incarnation, 2);
    assert_int_equal (worker->reply.ack.applied, 2);
    peer_destroy (&worker);
    peer_destroy (&admin);
    keys_destroy (&keys);
}

//  Wait for the next heartbeat.
static void
s_beat (peer_t *peer)
{
    gradmq_event_t event;
    peer_event (peer, "event/" PEER_MODEL "/all/", GRADMQ_EVENT_HEARTBEAT, &event);
    gradmq_event_clear (&event);
}

static void
test_subscription_ends (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    peer_t *admin = keys_peer (keys);
    peer_load (admin, 3);
    peer_subscribe_events (admin, "event/" PEER_MODEL "/all/");
    peer_subscribe_updates (admin, "params/" PEER_MODEL "/f32/");
    const char *events = gradmq_coordinator_endpoint (admin->coordinator, "events", 0);
    knock_t revoked = knock_new (ZMQ_SUB, events, keys, "w", "server");
    assert_true (knock_answered (&revoked));
    zmsg_t *heard = zmsg_recv (revoked.socket);
    assert_non_null (heard);
    zmsg_destroy (&heard);
    keys_revoke (keys, "w");
    //  It is cut off, and its next handshake fails.
    assert_false (knock_answered (&revoked));
    zsock_set_rcvtimeo (revoked.socket, 0);
    while ((heard = zmsg_recv (revoked.socket)))
        zmsg_destroy (&heard);
    for (int i = 0; i < 5; i++)
        s_beat (admin);
    heard = zmsg_recv (revoked.socket);
    assert_null (heard);
    //  Updates reach those who are left.
    uint64_t incarnation = peer_join (admin, "a");
    peer_subscribe_updates (admin, "announce/");
    gradmq_gradient_t gradient = peer_gradient (admin, "a", incarnation, 1);
    peer_push (admin, &gradient, (float []){1, 1, 1}, 3);
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (admin, &update, &payload, &size);
    assert_int_equal (size, 3 * sizeof (float));
    gradmq_update_clear (&update);
    free (payload);
    knock_destroy (&revoked);
    peer_destroy (&admin);
    keys_destroy (&keys);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_next_request_and_gradient_are_refused),
        cmocka_unit_test (test_subscription_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
