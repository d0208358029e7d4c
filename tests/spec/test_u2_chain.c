//  U-2: stream_sequence grows by 1 a publication on that stream. previous_published_* is the position
//  of the publication before.

#include "spec/fixture/act.h"

typedef struct {
    uint64_t sequence, epoch, version;
} s_link_t;

//  The next update follows `before`; it becomes what is before the next.
static void
s_assert_follows (peer_t *peer, s_link_t *before, uint64_t version)
{
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    peer_update (peer, &update, &payload, &size);
    assert_int_equal (update.stream_sequence, before->sequence + 1);
    assert_int_equal (update.has_previous, before->sequence > 0);
    if (update.has_previous) {
        assert_int_equal (update.previous_epoch, before->epoch);
        assert_int_equal (update.previous_version, before->version);
    }
    assert_int_equal (update.position.version, version);
    *before = (s_link_t){update.stream_sequence, update.position.epoch, update.position.version};
    free (payload);
    gradmq_update_clear (&update);
}

static void
test_each_update_names_the_one_before (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    s_link_t before = {0};
    peer_load (peer, 1);
    s_assert_follows (peer, &before, 0);
    peer_set (peer, "publish_every", "2");
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 4; i++) {
        act_push (peer, "w", incarnation, i, 0.125f, 1);
        peer_settle (peer, "w", incarnation, i);
        if (i % 2 == 0)
            s_assert_follows (peer, &before, i);
    }
    //  Over the end of an epoch, too.
    uint64_t epoch = before.epoch;
    peer_load_stopped (peer, 1);
    s_assert_follows (peer, &before, 0);
    assert_true (before.epoch > epoch);
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS};
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    assert_int_equal (peer->reply.model_parameters.stream_sequence, before.sequence);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_each_update_names_the_one_before),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
