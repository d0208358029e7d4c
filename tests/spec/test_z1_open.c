//  Z-1: who may connect is decided before anybody can. Without keys a coordinator binds to loopback, ipc
//  and inproc only; with them to tcp everywhere.

#include "spec/fixture/keys.h"

enum { TIMES = 20 };

//  A port that nobody uses: whoever had it last lets go of it at once.
static void
s_free_port (char endpoint [64])
{
    zsock_t *socket = zsock_new (ZMQ_PULL);
    assert_non_null (socket);
    assert_true (zsock_bind (socket, "tcp://127.0.0.1:*") > 0);
    snprintf (endpoint, 64, "%s", zsock_endpoint (socket));
    zsock_unbind (socket, "%s", endpoint);
    zsock_destroy (&socket);
}

//  A stranger tries all the time while coordinators come and go. None of them ever lets him in, also not in
//  the moment after the bind.
static void
test_stranger_is_never_let_in_while_coordinators_open (void **state)
{
    (void) state;
    char endpoint [64];
    gradmq_reason_t why = {0};
    keys_t *keys = keys_new ();
    keys_make (keys, "stranger", "admin", NULL);
    s_free_port (endpoint);
    knock_t stranger = knock_new (ZMQ_PUSH, endpoint, keys, "stranger", "server");
    zsock_set_rcvtimeo (stranger.monitor, 0);
    for (int i = 0; i < TIMES; i++) {
        gradmq_coordinator_options_t options = keys_options (keys);
        gradmq_coordinator_t *coordinator;
        options.gradients = endpoint;
        options.updates = options.events = NULL;
        if (gradmq_coordinator_open (&coordinator, &options, &why))
            fail_msg ("%s", why.text);
        //  Whoever is authorised comes through meanwhile, behind the stranger.
        knock_t admitted = knock_new (ZMQ_PUSH, endpoint, keys, "w", "server");
        assert_true (knock_answered (&admitted));
        knock_destroy (&admitted);
        for (zmsg_t *event; (event = zmsg_recv (stranger.monitor)); zmsg_destroy (&event)) {
            uint16_t what;
            memcpy (&what, zframe_data (zmsg_first (event)), sizeof what);
            assert_int_not_equal (what, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        }
        gradmq_coordinator_destroy (&coordinator);
    }
    knock_destroy (&stranger);
    keys_destroy (&keys);
}

static void
s_refused (const gradmq_coordinator_options_t *options, gradmq_err_t code, const char *word)
{
    gradmq_reason_t why = {0};
    gradmq_coordinator_t *coordinator;
    assert_int_equal (gradmq_coordinator_open (&coordinator, options, &why), code);
    assert_null (coordinator);
    if (!strstr (why.text, word))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, word);
}

static void
test_plain_tcp_beyond_loopback_is_refused (void **state)
{
    (void) state;
    static const char *const endpoints [] = {"tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*",
                                             "tcp://lo:*"};
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints [0]; i++) {
        gradmq_coordinator_options_t options = peer_options ();
        options.events = endpoints [i];
        s_refused (&options, GRADMQ_ERR_BIND, "keygen");
    }
}

static void
test_with_keys_every_tcp_address_is_bound_and_inproc_is_not (void **state)
{
    (void) state;
    gradmq_reason_t why = {0};
    gradmq_coordinator_t *coordinator;
    keys_t *keys = keys_new ();
    gradmq_coordinator_options_t options = keys_options (keys);
    options.control = "tcp://0.0.0.0:*";
    if (gradmq_coordinator_open (&coordinator, &options, &why))
        fail_msg ("%s", why.text);
    gradmq_coordinator_destroy (&coordinator);
    options.events = "inproc://events";
    s_refused (&options, GRADMQ_ERR_ARGUMENT, "inproc");
    options = keys_options (keys);
    options.authorised = NULL;
    s_refused (&options, GRADMQ_ERR_ARGUMENT, "authorised");
    keys_destroy (&keys);
}

//  Several coordinators of one process have their own keys.
static void
test_coordinators_of_one_process_do_not_share_keys (void **state)
{
    (void) state;
    keys_t *keys = keys_new (), *others = keys_new ();
    peer_t *peer = keys_peer (keys), *other = keys_peer (others);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer_request (other, &request, NULL, 0), GRADMQ_OK);
    keys_revoke (keys, "admin");
    request.request_id = 0;
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_ERR_PERMISSION);
    request.request_id = 0;
    assert_int_equal (peer_request (other, &request, NULL, 0), GRADMQ_OK);
    peer_destroy (&peer);
    request.request_id = 0;
    assert_int_equal (peer_request (other, &request, NULL, 0), GRADMQ_OK);
    peer_t *again = peer_beside (other, others, "w");
    request.request_id = 0;
    assert_int_equal (peer_request (again, &request, NULL, 0), GRADMQ_OK);
    peer_destroy (&again);
    peer_destroy (&other);
    keys_destroy (&others);
    keys_destroy (&keys);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_stranger_is_never_let_in_while_coordinators_open),
        cmocka_unit_test (test_plain_tcp_beyond_loopback_is_refused),
        cmocka_unit_test (test_with_keys_every_tcp_address_is_bound_and_inproc_is_not),
        cmocka_unit_test (test_coordinators_of_one_process_do_not_share_keys),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
