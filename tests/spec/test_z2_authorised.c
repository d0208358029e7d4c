//  Z-2, Z-3: only peers whose keys are authorised come through, on each of the four sockets; a key that
//  is put into the folder counts at once, without a restart.

#include "spec/fixture/keys.h"

static const struct {
    const char *name;
    int type;
} s_sockets [] = {
    {"control", ZMQ_REQ}, {"gradients", ZMQ_PUSH}, {"updates", ZMQ_SUB}, {"events", ZMQ_SUB}};

enum { SOCKETS = sizeof s_sockets / sizeof s_sockets [0] };

static void
s_knock (knock_t knocks [SOCKETS], const peer_t *peer, const keys_t *keys, const char *name,
         const char *server)
{
    for (size_t i = 0; i < SOCKETS; i++)
        knocks [i] =
            knock_new (s_sockets [i].type,
                       gradmq_coordinator_endpoint (peer->coordinator, s_sockets [i].name, 0), keys,
                       name, server);
}

//  Nobody comes through, and nothing that was sent arrives.
static void
s_assert_shut (knock_t knocks [SOCKETS], peer_t *peer)
{
    zsock_set_sndtimeo (knocks [0].socket, 0);
    zsock_set_sndtimeo (knocks [1].socket, 0);
    zstr_send (knocks [0].socket, "let me in");
    zstr_send (knocks [1].socket, "let me in");
    for (size_t i = 0; i < SOCKETS; i++)
        assert_false (knock_answered (&knocks [i]));
    zsock_set_rcvtimeo (knocks [0].socket, 0);
    zsock_set_rcvtimeo (knocks [2].socket, 0);
    zsock_set_rcvtimeo (knocks [3].socket, 0);
    for (size_t i = 0; i < SOCKETS; i++)
        if (s_sockets [i].type != ZMQ_PUSH) {
            char *got = zstr_recv (knocks [i].socket);
            assert_null (got);
        }
    //  Besides the requests of this question itself there was none.
    uint64_t requests = peer_counter (peer, "requests");
    assert_int_equal (peer_counter (peer, "requests"), requests + 1);
    assert_int_equal (peer_counter (peer, "malformed"), 0);
    for (size_t i = 0; i < SOCKETS; i++)
        knock_destroy (&knocks [i]);
}

static void
test_unknown_key_comes_through_nowhere (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    keys_make (keys, "stranger", "admin", NULL);
    peer_t *peer = keys_peer (keys);
    knock_t knocks [SOCKETS];
    s_knock (knocks, peer, keys, "stranger", "server");
    s_assert_shut (knocks, peer);
    peer_destroy (&peer);
    keys_destroy (&keys);
}

static void
test_peer_without_a_key_comes_through_nowhere (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    peer_t *peer = keys_peer (keys);
    knock_t knocks [SOCKETS];
    s_knock (knocks, peer, NULL, NULL, NULL);
    s_assert_shut (knocks, peer);
    peer_destroy (&peer);
    keys_destroy (&keys);
}

static void
test_peer_that_expects_another_server_comes_through_nowhere (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    peer_t *peer = keys_peer (keys);
    knock_t knocks [SOCKETS];
    s_knock (knocks, peer, keys, "w", "admin");
    s_assert_shut (knocks, peer);
    peer_destroy (&peer);
    keys_destroy (&keys);
}

static void
test_key_that_is_put_in_comes_through_without_a_restart (void **state)
{
    (void) state;
    keys_t *keys = keys_new ();
    keys_make (keys, "late", "worker", NULL);
    peer_t *peer = keys_peer (keys);
    peer_load (peer, 3);
    knock_t knock =
        knock_new (ZMQ_REQ, gradmq_coordinator_endpoint (peer->coordinator, "control", 0), keys,
                   "late", "server");
    assert_false (knock_answered (&knock));
    keys_authorise (keys, "late");
    peer_t *late = peer_beside (peer, keys, "late");
    uint64_t incarnation = peer_join (late, "late");
    gradmq_gradient_t gradient = peer_gradient (late, "late", incarnation, 1);
    peer_push (late, &gradient, (float []){1, 1, 1}, 3);
    peer_settle (late, "late", incarnation, 1);
    assert_int_equal (late->reply.ack.applied, 1);
    //  Whoever was refused before gets in by trying again.
    while (!knock_answered (&knock))
        ;
    knock_destroy (&knock);
    peer_destroy (&late);
    peer_destroy (&peer);
    keys_destroy (&keys);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_unknown_key_comes_through_nowhere),
        cmocka_unit_test (test_peer_without_a_key_comes_through_nowhere),
        cmocka_unit_test (test_peer_that_expects_another_server_comes_through_nowhere),
        cmocka_unit_test (test_key_that_is_put_in_comes_through_without_a_restart),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
