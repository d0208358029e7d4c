//  U-8: the number of snapshots that may be held at a time is bounded: pinned_snapshots, or as many as
//  fit into 32 MiB. Past it a Get is answered BUSY, and publications are left out; the next one that
//  goes out shows the gap. Meanwhile Status and heartbeat say why.

#include "spec/fixture/act.h"

enum { LARGE = 3 << 20, VIEWS = 12 };  //  12 MiB of floats

static gradmq_coordinator_view_t
s_pin (peer_t *peer)
{
    gradmq_coordinator_view_t view;
    gradmq_reason_t why = {0};
    if (gradmq_coordinator_get_model_parameters (peer->coordinator, true, &view, &why))
        fail_msg ("%s", why.text);
    return view;
}

static uint32_t
s_get (peer_t *peer)
{
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS};
    return peer_request (peer, &get, NULL, 0);
}

//  Frames that are on their way hold a version, too, for a moment.
static void
s_wait_pinned (peer_t *peer, uint64_t pinned)
{
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    do {
        assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
        assert_true (zclock_mono () < end);
    } while (peer->reply.status.snapshots_pinned != pinned);
}

static void
s_assert_update (peer_t *peer, uint64_t version, uint64_t previous)
{
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (peer, &update, &payload, &size);
    assert_int_equal (update.position.version, version);
    assert_int_equal (update.previous_version, previous);
    free (payload);
    gradmq_update_clear (&update);
}

static void
test_large_model_is_busy_past_the_limit (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_set (peer, "pinned_snapshots", "2");
    peer_load (peer, LARGE);
    peer_subscribe_updates (peer, "params/");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_coordinator_view_t views [2];
    for (uint64_t i = 0; i < 2; i++) {
        s_wait_pinned (peer, i);
        views [i] = s_pin (peer);
        act_push (peer, "w", incarnation, i + 1, 0.25f, LARGE);
        peer_settle (peer, "w", incarnation, i + 1);
    }
    //  Versions 0 and 1 are held; 2 is there and was not published.
    s_assert_update (peer, 1, 0);
    assert_int_equal (peer_counter (peer, "updates_left_out"), 1);
    s_wait_pinned (peer, 2);
    assert_non_null (strstr (peer->reply.status.why, "readers hold 2 old versions"));
    assert_int_equal (s_get (peer), GRADMQ_ERR_BUSY);
    gradmq_coordinator_view_t none;
    assert_int_equal (
        gradmq_coordinator_get_model_parameters (peer->coordinator, true, &none, NULL),
        GRADMQ_ERR_BUSY);
    gradmq_coordinator_view_release (&views [0]);
    s_wait_pinned (peer, 1);
    assert_int_equal (s_get (peer), GRADMQ_OK);
    s_wait_pinned (peer, 1);
    act_push (peer, "w", incarnation, 3, 0.25f, LARGE);
    s_assert_update (peer, 3, 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_null (peer->reply.status.why);
    assert_true (((const float *) views [1].data) [LARGE - 1] == 0.75f);
    gradmq_coordinator_view_release (&views [1]);
    act_assert_parameters (peer, LARGE, 0.25f, 3);
    peer_destroy (&peer);
}

static void
test_small_model_may_be_held_more_often (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_set (peer, "pinned_snapshots", "2");
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_coordinator_view_t views [VIEWS];
    for (uint64_t i = 0; i < VIEWS; i++) {
        views [i] = s_pin (peer);
        act_push (peer, "w", incarnation, i + 1, 0.0625f, 1);
        peer_settle (peer, "w", incarnation, i + 1);
    }
    assert_int_equal (s_get (peer), GRADMQ_OK);
    assert_int_equal (peer_counter (peer, "updates_left_out"), 0);
    for (uint64_t i = 0; i < VIEWS; i++) {
        assert_int_equal (views [i].version, i);
        assert_true (*(const float *) views [i].data == 1 - (float) i / 16);
        gradmq_coordinator_view_release (&views [i]);
    }
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_large_model_is_busy_past_the_limit),
        cmocka_unit_test (test_small_model_may_be_held_more_often),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
