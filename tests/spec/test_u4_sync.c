//  U-4, what the coordinator does: a Sync publishes sync/<nonce>/ on updates and on events; whoever has
//  seen it and then Gets the model misses nothing that is newer.

#include "spec/fixture/act.h"

static void
s_assert_mark (zsock_t *socket, uint64_t nonce)
{
    char topic [32];
    snprintf (topic, sizeof topic, "sync/%016llx/", (unsigned long long) nonce);
    zmsg_t *message = zmsg_recv (socket);
    assert_non_null (message);
    assert_true (zframe_streq (zmsg_first (message), topic));
    zframe_t *header = zmsg_next (message);
    gradmq_event_t event;
    assert_int_equal (gradmq_wire_decode_event (&event, zframe_data (header), zframe_size (header),
                                                &(gradmq_reason_t){0}),
                      GRADMQ_OK);
    assert_int_equal (event.kind, GRADMQ_EVENT_SYNC);
    assert_int_equal (event.nonce, nonce);
    gradmq_event_clear (&event);
    zmsg_destroy (&message);
}

static void
test_mark_comes_on_both_sockets_each_time_it_is_asked_for (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_events (peer, "sync/fedcba9876543210/");
    peer_subscribe_updates (peer, "sync/fedcba9876543210/");
    gradmq_request_t sync = {.command = GRADMQ_COMMAND_SYNC, .nonce = 0xfedcba9876543210};
    for (int i = 0; i < 2; i++) {
        sync.request_id = 0;
        assert_int_equal (peer_request (peer, &sync, NULL, 0), GRADMQ_OK);
        s_assert_mark (peer->events, sync.nonce);
        s_assert_mark (peer->updates, sync.nonce);
    }
    sync = (gradmq_request_t){.command = GRADMQ_COMMAND_SYNC};
    assert_int_equal (peer_request (peer, &sync, NULL, 0), GRADMQ_ERR_ARGUMENT);
    peer_destroy (&peer);
}

//  Somebody trains all the while. What the Get gave and the updates newer than it give every version.
static void
test_join_of_a_stream_has_no_gap (void **state)
{
    (void) state;
    enum { STEPS = 200 };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= STEPS / 2; i++)
        act_push (peer, "w", incarnation, i, 0.0078125f, 1);
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    uint64_t version;
    float *values = peer_parameters (peer, 1, &version);
    assert_true (values [0] == 1 - (float) version / 128);
    free (values);
    for (uint64_t i = STEPS / 2 + 1; i <= STEPS; i++)
        act_push (peer, "w", incarnation, i, 0.0078125f, 1);
    while (version < STEPS) {
        gradmq_update_t update;
        uint8_t *payload;
        size_t size;
        peer_update (peer, &update, &payload, &size);
        if (update.position.version > version) {
            assert_true (update.has_previous && update.previous_version <= version);
            version = update.position.version;
            float got;
            memcpy (&got, payload, sizeof got);
            assert_true (got == 1 - (float) version / 128);
        }
        free (payload);
        gradmq_update_clear (&update);
    }
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_mark_comes_on_both_sockets_each_time_it_is_asked_for),
        cmocka_unit_test (test_join_of_a_stream_has_no_gap),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
