//  Bounds and health: what tests with curl cannot see or do.

#include "http/self.h"

#include "coordinator/self.h"
#include "http/limit.h"
#include "unit/http/fixture/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 60000, LOOK_US = 10000, BIG_BYTES = 256 << 10 };

#define LISTEN "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"

typedef struct {
    gradmq_coordinator_t *coordinator;
    gradmq_http_t *http;
} s_fixture_t;

static int
s_open (void **state)
{
    static s_fixture_t fixture;
    gradmq_address_t address;
    assert_int_equal (gradmq_coordinator_open (&fixture.coordinator, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_address_read (&address, "127.0.0.1:0", NULL), GRADMQ_OK);
    const gradmq_http_options_t options = {.address = &address,
                                           .coordinator = fixture.coordinator,
                                           .heartbeat_ms = 1000,
                                           .exchange_s = 2};
    assert_int_equal (gradmq_http_open (&fixture.http, &options, NULL), GRADMQ_OK);
    *state = &fixture;
    return 0;
}

static int
s_close (void **state)
{
    s_fixture_t *self = *state;
    gradmq_http_close (&self->http);
    assert_null (self->http);
    gradmq_http_close (&self->http);
    gradmq_coordinator_destroy (&self->coordinator);
    return 0;
}

//  Wait until the feed has so many listeners.
static void
s_await_listeners (s_fixture_t *self, size_t count)
{
    for (int waited = 0; gradmq_feed_listeners (self->http->feed) != count;
         waited += LOOK_US / 1000) {
        assert_true (waited < SOON_MS);
        usleep (LOOK_US);
    }
}

static void
test_open_address_that_is_taken_is_refused (void **state)
{
    s_fixture_t *self = *state;
    gradmq_address_t address;
    gradmq_http_t *other;
    gradmq_reason_t why = {0};
    const gradmq_http_options_t options = {
        .address = &address, .coordinator = self->coordinator, .heartbeat_ms = 1000};
    assert_int_equal (gradmq_address_read (&address, gradmq_http_address (self->http), NULL),
                      GRADMQ_OK);
    assert_int_equal (gradmq_http_open (&other, &options, &why), GRADMQ_ERR_BIND);
    assert_null (other);
    assert_non_null (strstr (why.text, gradmq_http_address (self->http)));
}

//  A call that the actor does not come back from until it is told to.
static void
s_stand_still (gradmq_engine_t *engine, void *arguments)
{
    const int *go_on = arguments;
    char octet;
    (void) engine;
    assert_int_equal (read (*go_on, &octet, 1), 1);
}

typedef struct {
    gradmq_coordinator_t *coordinator;
    int go_on;
} s_stop_t;

static void *
s_stop (void *context)
{
    s_stop_t *self = context;
    gradmq_coordinator_call (self->coordinator, s_stand_still, &self->go_on);
    return NULL;
}

static void
test_healthz_actor_that_stands_still_is_not_healthy (void **state)
{
    s_fixture_t *self = *state;
    int ends [2];
    pthread_t thread;
    char *answer;
    assert_int_equal (client_get (self->http, "/healthz", NULL), 200);
    assert_int_equal (pipe (ends), 0);
    s_stop_t stop = {self->coordinator, ends [0]};
    assert_int_equal (pthread_create (&thread, NULL, s_stop, &stop), 0);
    while (client_get (self->http, "/healthz", NULL) == 200)
        usleep (LOOK_US);
    assert_int_equal (client_get (self->http, "/healthz", &answer), 503);
    assert_non_null (strstr (answer, "has not gone round its loop"));
    free (answer);
    //  All else is still answered, from what was seen last.
    assert_int_equal (client_get (self->http, "/readyz", NULL), 503);
    assert_int_equal (client_get (self->http, "/status.json", NULL), 200);
    assert_int_equal (client_get (self->http, "/metrics", NULL), 200);
    assert_int_equal (write (ends [1], "", 1), 1);
    pthread_join (thread, NULL);
    while (client_get (self->http, "/healthz", NULL) != 200)
        usleep (LOOK_US);
    close (ends [0]);
    close (ends [1]);
}

static void
test_events_more_listeners_than_there_may_be_are_refused (void **state)
{
    s_fixture_t *self = *state;
    int fds [GRADMQ_HTTP_LISTENERS_MOST];
    char *answer;
    for (size_t i = 0; i < GRADMQ_HTTP_LISTENERS_MOST; i++) {
        fds [i] = client_connect (self->http, false);
        client_send (fds [i], LISTEN);
    }
    s_await_listeners (self, GRADMQ_HTTP_LISTENERS_MOST);
    assert_int_equal (client_get (self->http, "/events", &answer), 503);
    assert_non_null (strstr (answer, "Retry-After"));
    free (answer);
    assert_int_equal (client_get (self->http, "/healthz", NULL), 200);
    for (size_t i = 0; i < GRADMQ_HTTP_LISTENERS_MOST; i++)
        close (fds [i]);
    s_await_listeners (self, 0);
}

//  A line of JSON of some length.
static char *
s_big (void)
{
    char *text = malloc (BIG_BYTES + 1);
    assert_non_null (text);
    memset (text, '1', BIG_BYTES);
    text [BIG_BYTES] = 0;
    return text;
}

static void
test_events_who_reads_too_slowly_is_dropped_and_others_are_not (void **state)
{
    s_fixture_t *self = *state;
    char *big = s_big (), octet;
    int slow = client_connect (self->http, true), never = client_connect (self->http, true);
    client_send (slow, LISTEN);
    client_send (never, LISTEN);
    s_await_listeners (self, 2);
    assert_int_equal (recv (slow, &octet, 1, 0), 1);
    for (size_t i = 0; i < 2 * GRADMQ_HTTP_FEED_KEPT; i++)
        gradmq_feed_push (self->http->feed, "status", big);
    //  It finds out as soon as it reads on, in the middle of what was kept for it.
    char *got = client_read (slow);
    assert_true (strlen (got) < GRADMQ_HTTP_FEED_KEPT * (size_t) BIG_BYTES);
    assert_null (strstr (got, "\r\n0\r\n\r\n"));
    free (got);
    close (slow);
    //  Who reads nothing at all is cut off; who comes then has what comes then.
    s_await_listeners (self, 0);
    close (never);
    int quick = client_connect (self->http, false);
    client_send (quick, LISTEN);
    s_await_listeners (self, 1);
    gradmq_feed_push (self->http->feed, "step", "{\"last\": true}");
    gradmq_feed_close (self->http->feed);
    got = client_read (quick);
    assert_non_null (strstr (got, "retry: 2000\n\n"));
    assert_non_null (strstr (got, "event: step\ndata: {\"last\": true}\n\n"));
    assert_non_null (strstr (got, "\r\n0\r\n\r\n"));
    free (got);
    close (quick);
    free (big);
}

static void
test_answer_idle_connections_are_counted_and_cut_off (void **state)
{
    s_fixture_t *self = *state;
    int fds [GRADMQ_HTTP_CONNECTIONS_MOST];
    char *answer;
    for (size_t i = 0; i < GRADMQ_HTTP_CONNECTIONS_MOST; i++)
        fds [i] = client_connect (self->http, false);
    while (gradmq_connections_count (self->http->connections) < GRADMQ_HTTP_CONNECTIONS_MOST)
        usleep (LOOK_US);
    assert_int_equal (client_get (self->http, "/healthz", &answer), 503);
    assert_non_null (strstr (answer, "too many connections"));
    free (answer);
    for (size_t i = 0; i < GRADMQ_HTTP_CONNECTIONS_MOST; i++) {
        answer = client_read (fds [i]);
        assert_null (strstr (answer, "200"));
        free (answer);
        close (fds [i]);
    }
    while (gradmq_connections_count (self->http->connections))
        usleep (LOOK_US);
    assert_int_equal (client_get (self->http, "/healthz", NULL), 200);
}

static void
test_answer_request_that_trickles_is_cut_off_and_a_listener_is_not (void **state)
{
    s_fixture_t *self = *state;
    int listener = client_connect (self->http, false), fd = client_connect (self->http, false);
    client_send (listener, LISTEN);
    s_await_listeners (self, 1);
    client_send (fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    //  Each header makes the connection look alive; it ends nevertheless.
    while (send (fd, "X: x\r\n", 6, MSG_NOSIGNAL) == 6) {
        char octet;
        if (recv (fd, &octet, 1, MSG_DONTWAIT) == 0)
            break;
        usleep (10 * LOOK_US);
    }
    assert_int_equal (gradmq_feed_listeners (self->http->feed), 1);
    close (fd);
    close (listener);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, s_open, s_close)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_open_address_that_is_taken_is_refused),
        TEST (test_healthz_actor_that_stands_still_is_not_healthy),
        TEST (test_events_more_listeners_than_there_may_be_are_refused),
        TEST (test_events_who_reads_too_slowly_is_dropped_and_others_are_not),
        TEST (test_answer_idle_connections_are_counted_and_cut_off),
        TEST (test_answer_request_that_trickles_is_cut_off_and_a_listener_is_not),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
