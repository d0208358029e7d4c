//  W-14: no topic is a prefix of another, since every topic ends in `/` and names have none.

#include "spec/fixture/stage.h"

//  Read topics until that of `last`; each new one goes into `topics`.
static void
s_collect (zsock_t *socket, const char *last, zhashx_t *topics)
{
    bool seen = false;
    while (!seen) {
        zmsg_t *message = zmsg_recv (socket);
        assert_non_null (message);
        char *topic = zmsg_popstr (message);
        seen = streq (topic, last);
        zhashx_update (topics, topic, "");
        zstr_free (&topic);
        zmsg_destroy (&message);
    }
}

static void
s_assert_prefix_free (zhashx_t *topics)
{
    zlistx_t *names = zhashx_keys (topics);
    assert_true (zlistx_size (names) >= 8);
    zlistx_t *others = zlistx_dup (names);
    for (const char *a = zlistx_first (names); a; a = zlistx_next (names)) {
        assert_int_equal (a [strlen (a) - 1], '/');
        for (const char *b = zlistx_first (others); b; b = zlistx_next (others))
            if (!streq (a, b) && strncmp (a, b, strlen (a)) == 0)
                fail_msg ("%s is a prefix of %s", a, b);
    }
    zlistx_destroy (&names);
    zlistx_destroy (&others);
}

static void
test_topics_of_a_busy_coordinator_are_prefix_free (void **state)
{
    (void) state;
    const char *workers [] = {"a", "ab", "a.b", "a-", "all", "w"};
    peer_t *peer = peer_new ();
    peer_subscribe_events (peer, "");
    peer_subscribe_updates (peer, "");
    peer_set (peer, "streams", "f32,f16,bf16");
    peer_load (peer, 2);
    zmsg_t *garbage = zmsg_new ();
    zmsg_addstr (garbage, "not a gradient");
    peer_push_frames (peer, &garbage);
    for (size_t i = 0; i < sizeof workers / sizeof workers [0]; i++) {
        uint64_t incarnation = peer_join (peer, workers [i]);
        gradmq_gradient_t gradient = peer_gradient (peer, workers [i], incarnation, 1);
        peer_push (peer, &gradient, (float []){1, 1}, 2);
        peer_settle (peer, workers [i], incarnation, 1);
    }
    gradmq_request_t sync = {.command = GRADMQ_COMMAND_SYNC, .nonce = 0xabcdef};
    assert_int_equal (peer_request (peer, &sync, NULL, 0), GRADMQ_OK);
    zhashx_t *topics = zhashx_new ();
    s_collect (peer->events, "sync/0000000000abcdef/", topics);
    assert_non_null (zhashx_lookup (topics, "ack/" PEER_MODEL "/a/"));
    assert_non_null (zhashx_lookup (topics, "event/" PEER_MODEL "/all/"));
    assert_non_null (zhashx_lookup (topics, "event/" PEER_MODEL "/w/a/"));
    assert_non_null (zhashx_lookup (topics, "malformed/" PEER_MODEL "/"));
    assert_non_null (zhashx_lookup (topics, "announce/" PEER_MODEL "/"));
    s_collect (peer->updates, "sync/0000000000abcdef/", topics);
    assert_non_null (zhashx_lookup (topics, "params/" PEER_MODEL "/f32/"));
    s_assert_prefix_free (topics);
    zhashx_destroy (&topics);
    peer_destroy (&peer);
}

static void
test_subscriber_of_one_worker_does_not_hear_of_one_whose_name_begins_so (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    peer_subscribe_events (peer, "ack/" PEER_MODEL "/a/");
    const char *workers [] = {"ab", "a.b", "a"};
    for (size_t i = 0; i < 3; i++) {
        uint64_t incarnation = peer_join (peer, workers [i]);
        gradmq_gradient_t gradient = peer_gradient (peer, workers [i], incarnation, 1);
        peer_push (peer, &gradient, (float []){1, 1}, 2);
        peer_settle (peer, workers [i], incarnation, 1);
    }
    gradmq_event_t event;
    peer_event (peer, "", GRADMQ_EVENT_ACKNOWLEDGEMENT, &event);
    assert_string_equal (event.ack.worker, "a");
    gradmq_event_clear (&event);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_topics_of_a_busy_coordinator_are_prefix_free),
        cmocka_unit_test (test_subscriber_of_one_worker_does_not_hear_of_one_whose_name_begins_so),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
