//  V-9: Restore goes back to a checkpoint, and a new epoch begins.

#include "checkpoint/checkpoint.h"
#include "spec/fixture/folder.h"

#include <math.h>
#include <stdlib.h>

static uint32_t
s_restore (peer_t *peer, const char *name)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RESTORE, .checkpoint = name};
    return peer_request (peer, &request, NULL, 0);
}

static void
test_restore_goes_back (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    char first [256];
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    peer_set (peer, "optimizer", "momentum");
    peer_set (peer, "momentum", "0.5");
    uint64_t incarnation = peer_join (peer, "w");
    act_push (peer, "w", incarnation, 1, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 1);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    folder_count (&folder, "checkpoint-", first);
    act_push (peer, "w", incarnation, 2, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 2);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    act_assert_parameters (peer, 2, -1.5f, 2);
    uint64_t epoch = peer->reply.position.epoch;

    assert_int_equal (s_restore (peer, first), GRADMQ_OK);
    assert_int_equal (peer->reply.answer, GRADMQ_ANSWER_OPERATION);
    assert_true (peer->reply.operation.done);
    act_assert_parameters (peer, 2, 0.0f, 0);
    assert_true (peer->reply.position.epoch > epoch);
    //  With its momentum; workers and what is settled of them stay.
    act_push (peer, "w", incarnation, 2, 1.0f, 2);
    act_push (peer, "w", incarnation, 3, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 3);
    act_assert_parameters (peer, 2, -1.5f, 1);
    assert_int_equal (s_restore (peer, NULL), GRADMQ_OK);
    act_assert_parameters (peer, 2, -1.5f, 0);
    peer_destroy (&peer);
    folder_end (&folder);
}

static void
test_what_cannot_be_restored_changes_nothing (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    assert_int_equal (s_restore (peer, NULL), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    assert_int_equal (s_restore (peer, "checkpoint-0"), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (s_restore (peer, "../../etc/passwd"), GRADMQ_ERR_ARGUMENT);
    act_assert_parameters (peer, 2, 1.0f, 0);
    char name [256], path [400];
    folder_count (&folder, "checkpoint-", name);
    snprintf (path, sizeof path, "%s/%s", folder.path, name);
    FILE *file = fopen (path, "r+b");
    assert_non_null (file);
    assert_int_equal (fseek (file, -1, SEEK_END), 0);
    fputc (7, file);
    fclose (file);
    assert_int_equal (s_restore (peer, name), GRADMQ_ERR_INTERNAL);
    assert_non_null (strstr (peer->reply.message, name));
    peer_assert_untouched (peer, 2);
    peer_destroy (&peer);
    folder_end (&folder);
}

//  A whole checkpoint like the folder's one, but with a state that no step makes, under another number.
static void
s_spoil_state (const folder_t *folder, char name [256])
{
    char path [400];
    gradmq_checkpoint_file_t *file;
    gradmq_reason_t why = {0};
    folder_count (folder, "checkpoint-", name);
    snprintf (path, sizeof path, "%s/%s", folder->path, name);
    if (gradmq_checkpoint_read (&file, path, &why))
        fail_msg ("%s", why.text);
    const float state [2] = {NAN, 0};
    gradmq_checkpoint_t spoiled = *gradmq_checkpoint_of (file);
    assert_int_equal (spoiled.state_count, 1);
    spoiled.serial += 100;
    spoiled.states [0] = state;
    uint64_t bytes;
    if (gradmq_checkpoint_write (folder->path, &spoiled, &bytes, &why))
        fail_msg ("%s", why.text);
    folder_count (folder, "checkpoint-", name);
    gradmq_checkpoint_file_destroy (&file);
}

static void
test_a_state_that_no_step_makes_changes_nothing (void **state)
{
    (void) state;
    folder_t folder = folder_new ();
    char name [256];
    peer_t *peer = folder_peer (&folder);
    peer_load (peer, 2);
    peer_set (peer, "optimizer", "adagrad");
    uint64_t incarnation = peer_join (peer, "w");
    assert_int_equal (folder_checkpoint (peer), GRADMQ_OK);
    s_spoil_state (&folder, name);
    //  Other settings than the file's, and a state of this optimizer that is not to be lost.
    peer_set (peer, "optimizer", "momentum");
    peer_set (peer, "momentum", "0.5");
    act_push (peer, "w", incarnation, 1, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 1);
    act_assert_parameters (peer, 2, 0.0f, 1);

    assert_int_equal (s_restore (peer, name), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (peer->reply.message, "state 0 of optimizer adagrad"));
    act_assert_parameters (peer, 2, 0.0f, 1);
    act_push (peer, "w", incarnation, 2, 1.0f, 2);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_parameters (peer, 2, -1.5f, 2);
    peer_destroy (&peer);
    folder_end (&folder);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_restore_goes_back),
        cmocka_unit_test (test_what_cannot_be_restored_changes_nothing),
        cmocka_unit_test (test_a_state_that_no_step_makes_changes_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
