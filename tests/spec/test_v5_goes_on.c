//  V-5 to V-7: a coordinator goes on from what its folder has.

#include "spec/fixture/folder.h"

#include <math.h>

typedef struct {
    uint64_t layout;
    gradmq_position_t position;
    uint64_t incarnation;
} s_before_t;

//  Two workers; one has pushed five gradients, one of them not finite.
static s_before_t
s_live (peer_t *peer)
{
    s_before_t before = {0};
    peer_set (peer, "checkpoint_interval_ms", "0");
    peer_load (peer, 2);
    before.incarnation = peer_join (peer, "w");
    peer_join (peer, "v");
    for (uint64_t i = 1; i <= 5; i++)
        act_push (peer, "w", before.incarnation, i, i == 4 ? NAN : 0.5f, 2);
    peer_settle (peer, "w", before.incarnation, 5);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    before.position = peer->reply.position;
    before.layout = peer->layout;
    return before;
}

static void
s_assert_knows (peer_t *peer, const s_before_t *before)
{
    peer->layout = before->layout;
    assert_int_equal (act_members (peer), 2);
    assert_int_equal (act_join (peer, "w", before->incarnation, 6), GRADMQ_OK);
    peer_ack (peer, "w", before->incarnation, 5);
    act_assert_ack (&peer->reply.ack, 5, 5, 4, 0, 1);
    act_assert_disposed (&peer->reply.ack, 0, 4, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
}

static void
test_journal_goes_on_exactly (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "journal");
    s_before_t before = s_live (peer);
    peer_destroy (&peer);
    peer = folder_peer (&folder);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_int_equal (peer->reply.status.state, GRADMQ_STATE_RUNNING);
    assert_string_equal (peer->reply.status.durability, "journal");
    assert_true (peer->reply.position.instance != before.position.instance);
    assert_int_equal (peer->reply.position.epoch, before.position.epoch);
    assert_int_equal (peer->reply.position.version, 4);
    s_assert_knows (peer, &before);
    //  What was settled and comes again is a duplicate; what is new is applied.
    act_push (peer, "w", before.incarnation, 5, 0.5f, 2);
    act_push (peer, "w", before.incarnation, 6, 0.5f, 2);
    peer_settle (peer, "w", before.incarnation, 6);
    act_assert_parameters (peer, 2, -1.5f, 5);
    assert_int_equal (peer_counter (peer, "duplicates"), 1);
    peer_destroy (&peer);
    folder_end (&folder);
}

//  U-1 holds for what is resumed as for what was loaded, without anybody changing a setting.
static void
test_resumed_model_is_published (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "journal");
    s_before_t before = s_live (peer);
    peer_destroy (&peer);
    peer = folder_peer (&folder);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_DESCRIBE), GRADMQ_OK);
    assert_int_equal (peer->reply.description.streams.count, 1);
    peer_subscribe_updates (peer, "params/" PEER_MODEL "/f32/");
    peer->layout = before.layout;
    assert_int_equal (act_join (peer, "w", before.incarnation, 6), GRADMQ_OK);
    act_push (peer, "w", before.incarnation, 6, 0.5f, 2);
    for (uint64_t version = 0; version != 5;) {
        gradmq_update_t update;
        uint8_t *payload;
        size_t size;
        peer_update (peer, &update, &payload, &size);
        version = update.position.version;
        assert_in_range (version, 4, 5);
        assert_int_equal (update.position.epoch, before.position.epoch);
        free (payload);
        gradmq_update_clear (&update);
    }
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_stopped_stays_stopped (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "journal");
    s_live (peer);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    peer_destroy (&peer);
    peer = folder_peer (&folder);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_int_equal (peer->reply.status.state, GRADMQ_STATE_STOPPED);
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_checkpoint_begins_a_new_epoch (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "checkpoint");
    s_before_t before = s_live (peer);
    peer_destroy (&peer);
    peer = folder_peer (&folder);
    act_assert_parameters (peer, 2, -1.0f, 0);
    assert_true (peer->reply.position.epoch > before.position.epoch);
    s_assert_knows (peer, &before);
    gradmq_gradient_t old = peer_gradient (peer, "w", before.incarnation, 6);
    old.has_base = true;
    old.base_epoch = before.position.epoch;
    old.base_version = before.position.version;
    act_assert_refused (peer, &old, (float []){0.5f, 0.5f}, 2, GRADMQ_ERR_EPOCH);
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_settings_and_their_revision_are_there (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "journal");
    s_live (peer);
    peer_set (peer, "optimizer", "adam");
    peer_set (peer, "beta1", "0.8");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_GET_PARAMETERS), GRADMQ_OK);
    uint64_t revision = peer->reply.parameters.revision;
    peer_destroy (&peer);
    peer = folder_peer (&folder);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_GET_PARAMETERS), GRADMQ_OK);
    assert_int_equal (peer->reply.parameters.revision, revision);
    const gradmq_settings_t *settings = peer->reply.parameters.settings;
    assert_string_equal (settings->optimizer, "adam");
    assert_true (settings->beta1 == 0.8);
    assert_true (settings->given [GRADMQ_SETTING_beta1]);
    assert_false (settings->given [GRADMQ_SETTING_beta2]);
    peer_destroy (&peer);
    folder_end (&folder);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_journal_goes_on_exactly),
        cmocka_unit_test (test_resumed_model_is_published),
        cmocka_unit_test (test_stopped_stays_stopped),
        cmocka_unit_test (test_checkpoint_begins_a_new_epoch),
        cmocka_unit_test (test_settings_and_their_revision_are_there),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
