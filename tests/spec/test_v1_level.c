//  V-1 to V-4: levels of durability, and when a checkpoint is written.

#include "spec/fixture/folder.h"

static uint32_t
s_set (peer_t *peer, const char *name, const char *value)
{
    gradmq_settings_t settings;
    gradmq_reason_t why;
    gradmq_settings_init (&settings);
    assert_int_equal (gradmq_settings_parse (&settings, name, value, &why), GRADMQ_OK);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_PARAMETERS, .settings = &settings};
    return peer_request (peer, &request, NULL, 0);
}

static void
s_wait_count (const folder_t *folder, const char *prefix, size_t count)
{
    for (int i = 0; i < PEER_WAIT_MS && folder_count (folder, prefix, NULL) != count; i++)
        zclock_sleep (1);
    assert_int_equal (folder_count (folder, prefix, NULL), count);
}

static void
test_without_a_folder_nothing_is_kept (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    assert_int_equal (s_set (peer, "durability", "journal"), GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (peer->reply.message, "state/directory"));
    assert_int_equal (s_set (peer, "durability", "checkpoint"), GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_CHECKPOINT), GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_RESTORE), GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_string_equal (peer->reply.status.durability, "memory");
    assert_int_equal (peer->reply.status.settings_revision, 1);
    peer_destroy (&peer);
}

//  Settings that are refused together leave optimizer and schedule where they were.
static void
test_a_level_that_is_refused_changes_nothing_else (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    peer_set (peer, "optimizer", "momentum");
    peer_set (peer, "momentum", "0.5");
    peer_set (peer, "schedule", "exponential");
    peer_set (peer, "schedule_factor", "0.5");
    peer_set (peer, "schedule_steps", "1");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 1);
    act_assert_parameters (peer, 2, 0.0f, 1);
    static const char *const others [][2] = {{"optimizer", "adagrad"},
                                             {"momentum", "0.25"},
                                             {"schedule", "constant"},
                                             {"buffer_gradients", "2"}};
    for (size_t i = 0; i < sizeof others / sizeof others [0]; i++) {
        gradmq_settings_t settings;
        gradmq_reason_t why;
        gradmq_settings_init (&settings);
        assert_int_equal (gradmq_settings_parse (&settings, others [i][0], others [i][1], &why),
                          GRADMQ_OK);
        assert_int_equal (gradmq_settings_parse (&settings, "durability", "journal", &why),
                          GRADMQ_OK);
        gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_PARAMETERS,
                                    .settings = &settings};
        assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_ERR_UNSUPPORTED);
    }
    //  Half of the rate, and half of the momentum: 0 - 0.5 (0.5 + 1).
    act_push (peer, "w", incarnation, 2, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_parameters (peer, 2, -0.75f, 2);
    peer_destroy (&peer);
}

static void
test_checkpoint_is_written_when_it_is_asked_for (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_ERR_NO_MODEL);
    peer_load (peer, 2);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 0);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 1);
    assert_int_equal (folder_count (&folder, "journal-", NULL), 0);
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_the_newest_stay (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    char before [256], after [256];
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    assert_int_equal (s_set (peer, "checkpoint_keep", "2"), GRADMQ_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    assert_int_equal (folder_count (&folder, "checkpoint-", before), 2);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    assert_int_equal (folder_count (&folder, "checkpoint-", after), 2);
    assert_true (strcmp (after, before) > 0);
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_level_checkpoint_writes_by_itself (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "checkpoint");
    peer_set (peer, "checkpoint_interval_ms", "0");
    peer_set (peer, "checkpoint_every", "3");
    peer_set (peer, "checkpoint_keep", "100");
    peer_load (peer, 2);
    s_wait_count (&folder, "checkpoint-", 1);  //  an epoch has begun
    uint64_t incarnation = peer_join (peer, "w");
    for (uint64_t i = 1; i <= 3; i++)
        act_push (peer, "w", incarnation, i, 0.5f, 2);
    s_wait_count (&folder, "checkpoint-", 2);  //  three versions were made
    act_push (peer, "w", incarnation, 4, 0.5f, 2);
    peer_settle (peer, "w", incarnation, 4);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 2);
    peer_destroy (&peer);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 3);  //  it has closed
    folder_end (&folder);
}

static void
test_destroy_without_checkpoint_writes_none (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_set (peer, "durability", "checkpoint");
    peer_load (peer, 2);
    s_wait_count (&folder, "checkpoint-", 1);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESTROY, .without_checkpoint = true};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    peer_destroy (&peer);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 1);
    folder_end (&folder);
}

//  V-2: a journal begins with its checkpoint when it is asked for, and ends when it is not.
static void
test_level_changes_while_it_runs (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    assert_int_equal (s_set (peer, "durability", "journal"), GRADMQ_OK);
    assert_int_equal (folder_count (&folder, "journal-", NULL), 1);
    assert_int_equal (folder_count (&folder, "checkpoint-", NULL), 1);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    assert_string_equal (peer->reply.status.durability, "journal");
    assert_int_equal (s_set (peer, "durability", "checkpoint"), GRADMQ_OK);
    s_wait_count (&folder, "checkpoint-", 2);
    assert_int_equal (folder_count (&folder, "journal-", NULL), 1);
    peer_destroy (&peer);
    folder_end (&folder);
}

//  V-4: one that cannot be written is told, and the coordinator goes on.
static void
test_failed_checkpoint_is_told (void **state)
{
    (void) state;
    folder_t folder = folder_new (), moved;
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    snprintf (moved.path, sizeof moved.path, "%s", "/tmp/gradmq-spec-moved-XXXXXX");
    assert_non_null (mkdtemp (moved.path));
    assert_int_equal (rename (folder.path, moved.path), 0);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_ERR_INTERNAL);
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 0.5f, 2);
    peer_settle (peer, "w", incarnation, 1);
    act_assert_parameters (peer, 2, 0.5f, 1);
    assert_int_equal (folder_count (&moved, "checkpoint-", NULL), 1);
    peer_destroy (&peer);
    folder_end (&moved);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_without_a_folder_nothing_is_kept),
        cmocka_unit_test (test_a_level_that_is_refused_changes_nothing_else),
        cmocka_unit_test (test_checkpoint_is_written_when_it_is_asked_for),
        cmocka_unit_test (test_the_newest_stay),
        cmocka_unit_test (test_level_checkpoint_writes_by_itself),
        cmocka_unit_test (test_destroy_without_checkpoint_writes_none),
        cmocka_unit_test (test_level_changes_while_it_runs),
        cmocka_unit_test (test_failed_checkpoint_is_told),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
