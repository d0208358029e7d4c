//  Endpoints of an embedded coordinator: kinds of addresses, and one after the other in one process.

#include "gradmq_coordinator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

static void
s_open_and_destroy (const char *control)
{
    gradmq_coordinator_t *self;
    gradmq_reason_t why = {0};
    gradmq_coordinator_options_t options = {.control = control};
    if (gradmq_coordinator_open (&self, &options, &why))
        fail_msg ("%s", why.text);
    gradmq_coordinator_destroy (&self);
}

static void
test_open_on_ipv6_loopback_is_bound (void **state)
{
    (void) state;
    s_open_and_destroy ("tcp://[::1]:*");
}

static void
test_open_after_destroy_takes_the_same_endpoint (void **state)
{
    (void) state;
    for (int i = 0; i < 200; i++)
        s_open_and_destroy ("inproc://gradmq-test-again");
    char endpoint [64];
    snprintf (endpoint, sizeof endpoint, "ipc:///tmp/gradmq-test-%d.ipc", (int) getpid ());
    for (int i = 0; i < 50; i++)
        s_open_and_destroy (endpoint);
    unlink (endpoint + strlen ("ipc://"));
    gradmq_coordinator_t *self;
    gradmq_coordinator_options_t options = {.control = "tcp://127.0.0.1:*"};
    assert_int_equal (gradmq_coordinator_open (&self, &options, NULL), GRADMQ_OK);
    snprintf (endpoint, sizeof endpoint, "%s", gradmq_coordinator_endpoint (self, "control", 0));
    gradmq_coordinator_destroy (&self);
    for (int i = 0; i < 50; i++)
        s_open_and_destroy (endpoint);
}

//  A file that nobody listens at any more is left by a process that was killed.
static void
test_open_on_ipc_takes_a_file_from_the_dead_only (void **state)
{
    (void) state;
    char endpoint [64];
    snprintf (endpoint, sizeof endpoint, "ipc:///tmp/gradmq-test-%d-own.ipc", (int) getpid ());
    const char *path = endpoint + strlen ("ipc://");
    gradmq_coordinator_t *self, *other;
    gradmq_reason_t why = {0};
    gradmq_coordinator_options_t options = {.control = endpoint};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
    const void *generic = &address;
    int dead = socket (AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal (bind (dead, generic, sizeof address), 0);
    close (dead);
    assert_int_equal (access (path, F_OK), 0);
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_open (&other, &options, &why), GRADMQ_ERR_BIND);
    assert_null (other);
    assert_non_null (strstr (why.text, endpoint));
    assert_int_equal (access (path, F_OK), 0);
    gradmq_coordinator_destroy (&self);
    s_open_and_destroy (endpoint);
    unlink (path);
}

//  Whoever asks before everything is as it should be waits for it.
static void
test_open_on_hold_answers_nobody_before_serve (void **state)
{
    (void) state;
    enum { ROUNDS = 2000, ANSWER_MS = 60000 };
    gradmq_coordinator_t *self;
    gradmq_reason_t why = {0};
    const gradmq_coordinator_options_t options = {.control = "tcp://127.0.0.1:*", .hold = true};
    assert_int_equal (gradmq_coordinator_open (&self, &options, &why), GRADMQ_OK);
    void *context = zmq_ctx_new (), *peer = zmq_socket (context, ZMQ_REQ);
    const int linger = 0;
    zmq_setsockopt (peer, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal (zmq_connect (peer, gradmq_coordinator_endpoint (self, "control", 0)), 0);
    assert_int_equal (zmq_send (peer, "?", 1, 0), 1);
    zmq_pollitem_t item = {.socket = peer, .events = ZMQ_POLLIN};
    gradmq_coordinator_status_t status;
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal (gradmq_coordinator_status (self, &status, &why), GRADMQ_OK);
        assert_int_equal (zmq_poll (&item, 1, 0), 0);
    }
    gradmq_coordinator_serve (self);
    assert_int_equal (zmq_poll (&item, 1, ANSWER_MS), 1);
    zmq_close (peer);
    zmq_ctx_term (context);
    gradmq_coordinator_destroy (&self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_open_on_ipv6_loopback_is_bound),
        cmocka_unit_test (test_open_after_destroy_takes_the_same_endpoint),
        cmocka_unit_test (test_open_on_ipc_takes_a_file_from_the_dead_only),
        cmocka_unit_test (test_open_on_hold_answers_nobody_before_serve),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
