//  K-2: an endpoint that Describe names may carry a wildcard host: `tcp://0.0.0.0:5571`. The client
//  puts in its place the host by which it reached the control socket.

#include "spec/fixture/peer.h"

//  The port of tcp://0.0.0.0:PORT; 0 for any other text.
static unsigned
s_port (const char *endpoint)
{
    const char *begin = "tcp://0.0.0.0:";
    if (strncmp (endpoint, begin, strlen (begin)) != 0)
        return 0;
    return (unsigned) strtoul (endpoint + strlen (begin), NULL, 10);
}

static void
test_wildcard_host_is_named_with_the_real_port (void **state)
{
    (void) state;
    gradmq_coordinator_options_t options = peer_options ();
    options.gradients = options.updates = options.events = "tcp://*:*";
    options.allow_plain_tcp = true;
    peer_t *peer = peer_new_with (&options);
    peer_load (peer, 2);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &describe, NULL, 0), GRADMQ_OK);
    assert_true (s_port (peer->reply.description.updates.items [0]) > 0);
    assert_true (s_port (peer->reply.description.events.items [0]) > 0);
    unsigned port = s_port (peer->reply.description.gradients.items [0]);
    assert_true (port > 0);

    zsock_destroy (&peer->gradients);
    peer->gradients = zsock_new (ZMQ_PUSH);
    assert_int_equal (zsock_connect (peer->gradients, "tcp://127.0.0.1:%u", port), 0);
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    peer_push (peer, &gradient, (float []){1, 1}, 2);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (peer->reply.ack.applied, 1);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_wildcard_host_is_named_with_the_real_port),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
