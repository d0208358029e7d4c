//  K-1: a client needs one control endpoint only. `Describe` names the endpoints of the other three
//  sockets.

#include "spec/fixture/peer.h"

static zsock_t *
s_connect (int type, const char *endpoint)
{
    zsock_t *socket = zsock_new (type);
    assert_non_null (socket);
    zsock_set_linger (socket, 1000);
    zsock_set_rcvtimeo (socket, PEER_WAIT_MS);
    assert_int_equal (zsock_connect (socket, "%s", endpoint), 0);
    return socket;
}

static void
test_sockets_that_describe_names_are_enough_to_train (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &describe, NULL, 0), GRADMQ_OK);
    const gradmq_description_t *description = &peer->reply.description;
    assert_int_equal (description->gradients.count, 1);
    assert_int_equal (description->updates.count, 1);
    assert_int_equal (description->events.count, 1);
    //  In place of the sockets that know the endpoints from elsewhere.
    zsock_destroy (&peer->gradients);
    zsock_destroy (&peer->updates);
    zsock_destroy (&peer->events);
    peer->gradients = s_connect (ZMQ_PUSH, description->gradients.items [0]);
    peer->updates = s_connect (ZMQ_SUB, description->updates.items [0]);
    peer->events = s_connect (ZMQ_SUB, description->events.items [0]);
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/w/");

    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    peer_push (peer, &gradient, (float []){0.5f, 0.25f}, 2);
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (peer, &update, &payload, &size);
    assert_int_equal (update.position.version, 1);
    assert_int_equal (size, 8);
    assert_memory_equal (payload, ((float []){0.5f, 0.75f}), 8);
    free (payload);
    gradmq_update_clear (&update);
    gradmq_event_t event;
    peer_event (peer, "ack/" PEER_MODEL "/w/", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
    assert_int_equal (event.ack.settled_through, 1);
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

static void
test_describe_names_every_endpoint_of_a_socket (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.gradients = "tcp://127.0.0.1:*,inproc://k1-gradients,tcp://127.0.0.1:*";
    peer_t *peer = peer_new_with (&options);
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &describe, NULL, 0), GRADMQ_OK);
    const gradmq_texts_t *names = &peer->reply.description.gradients;
    assert_int_equal (names->count, 3);
    for (size_t i = 0; i < names->count; i++)
        assert_string_equal (names->items [i],
                             gradmq_coordinator_endpoint (peer->coordinator, "gradients", i));
    assert_string_equal (names->items [1], "inproc://k1-gradients");
    assert_string_not_equal (names->items [0], names->items [2]);
    peer_destroy (&peer);
}

static void
test_describe_needs_no_model_name (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_request (&describe, &header, &size), GRADMQ_OK);
    zmsg_t *message = zmsg_new ();
    zmsg_addmem (message, header, size);
    free (header);
    assert_int_equal (peer_request_frames (peer, &message), GRADMQ_OK);
    assert_string_equal (peer->reply.model, PEER_MODEL);
    assert_int_equal (peer->reply.description.state, GRADMQ_STATE_EMPTY);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sockets_that_describe_names_are_enough_to_train),
        cmocka_unit_test (test_describe_names_every_endpoint_of_a_socket),
        cmocka_unit_test (test_describe_needs_no_model_name),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
