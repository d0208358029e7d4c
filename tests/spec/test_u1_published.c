//  U-1: every `publish_every` versions, and not more often than every `publish_min_interval_ms`, the
//  newest snapshot is published for each published stream. After a load version 0 is published.

#include "spec/fixture/act.h"

//  The next update has this version and one value in all elements.
static void
s_assert_next (peer_t *peer, uint64_t version, float value)
{
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (peer, &update, &payload, &size);
    assert_int_equal (update.position.version, version);
    float got;
    assert_int_equal (size, sizeof got);
    memcpy (&got, payload, sizeof got);
    assert_true (got == value);
    free (payload);
    gradmq_update_clear (&update);
}

static void
test_load_publishes_version_0 (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    peer_set (peer, "publish_every", "1000");
    peer_load (peer, 1);
    s_assert_next (peer, 0, 1);
    peer_load_stopped (peer, 1);
    s_assert_next (peer, 0, 1);
    assert_int_equal (act_clear (peer, true), GRADMQ_OK);
    s_assert_next (peer, 0, 1);
    peer_destroy (&peer);
}

static void
test_every_third_version_is_published (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "publish_every", "3");
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 7; i++) {
        act_push (peer, "w", incarnation, i, 0.125f, 1);
        peer_settle (peer, "w", incarnation, i);
    }
    s_assert_next (peer, 3, 0.625f);
    s_assert_next (peer, 6, 0.25f);
    assert_int_equal (act_clear (peer, true), GRADMQ_OK);
    s_assert_next (peer, 0, 0.125f);
    peer_destroy (&peer);
}

static void
test_interval_holds_back_and_then_the_newest_goes_out (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    s_assert_next (peer, 1, 0.5f);
    int64_t begin = zclock_mono ();
    peer_set (peer, "publish_min_interval_ms", "1500");
    for (uint64_t i = 2; i <= 4; i++) {
        act_push (peer, "w", incarnation, i, 0.0625f, 1);
        peer_settle (peer, "w", incarnation, i);
    }
    //  Between what this thread and the coordinator saw of the first there is a little.
    s_assert_next (peer, 4, 0.3125f);
    assert_true (zclock_mono () - begin >= 1000);
    peer_destroy (&peer);
}

static void
test_each_stream_of_the_list_is_published (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "streams", "bf16,f64");
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 1);
    unsigned seen = 0;
    for (int i = 0; i < 2; i++) {
        gradmq_update_t update;
        uint8_t *payload;
        size_t size;
        peer_update (peer, &update, &payload, &size);
        assert_int_equal (update.position.version, 1);
        seen |= streq (update.stream, "bf16") ? 1 : streq (update.stream, "f64") ? 2 : 4;
        free (payload);
        gradmq_update_clear (&update);
    }
    assert_int_equal (seen, 3);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_load_publishes_version_0),
        cmocka_unit_test (test_every_third_version_is_published),
        cmocka_unit_test (test_interval_holds_back_and_then_the_newest_goes_out),
        cmocka_unit_test (test_each_stream_of_the_list_is_published),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
