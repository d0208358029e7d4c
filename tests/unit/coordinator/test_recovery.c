//  Going on where a process ended: where that is, and that the next step comes to the same bytes.

#include "fixture/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    past_t *past;
    char path [FOLDER_NAME_BYTES];
} s_fixture_t;

static int
s_set_up (void **state)
{
    s_fixture_t *self = calloc (1, sizeof *self);
    if (!self)
        return -1;
    self->past = past_new ();
    folder_make (self->path);
    *state = self;
    return 0;
}

static int
s_tear_down (void **state)
{
    s_fixture_t *self = *state;
    folder_remove (self->path);
    past_destroy (&self->past);
    free (self);
    return 0;
}

//  The same gradients again on both sides: parameters and optimizer state are those of the other one.
static void
s_assert_go_on_alike (gradmq_coordinator_t *a, gradmq_coordinator_t *b)
{
    for (int i = 0; i < 3; i++) {
        past_step (a, 1.5 - i);
        past_step (b, 1.5 - i);
        past_point_t left = past_where (a), right = past_where (b);
        assert_memory_equal (left.parameters, right.parameters, sizeof left.parameters);
    }
}

static void
test_open_with_journal_goes_on_exactly (void **state)
{
    const s_fixture_t *self = *state;
    folder_write (&self->past->folder, self->path);
    past_point_t before = past_where (self->past->coordinator);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_point_t after = past_where (coordinator);
    assert_int_equal (after.epoch, before.epoch);
    assert_int_equal (after.version, before.version);
    gradmq_coordinator_status_t status, old;
    assert_int_equal (gradmq_coordinator_status (coordinator, &status, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_coordinator_status (self->past->coordinator, &old, NULL), GRADMQ_OK);
    assert_true (status.resumed);
    assert_int_equal (status.state, old.state);
    assert_int_not_equal (status.instance, old.instance);
    assert_memory_equal (after.parameters, before.parameters, sizeof after.parameters);
    s_assert_go_on_alike (coordinator, self->past->coordinator);
    gradmq_coordinator_destroy (&coordinator);
}

//  What went on from a folder leaves one that can be gone on from.
static void
test_open_again_and_again_stays_at_the_same_place (void **state)
{
    const s_fixture_t *self = *state;
    folder_write (&self->past->folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_point_t first = past_where (coordinator);
    for (int i = 0; i < 4; i++) {
        gradmq_coordinator_destroy (&coordinator);
        coordinator = past_open (self->path);
        past_point_t now = past_where (coordinator);
        assert_int_equal (now.epoch, first.epoch);
        assert_int_equal (now.version, first.version);
        assert_memory_equal (now.parameters, first.parameters, sizeof now.parameters);
    }
    gradmq_coordinator_destroy (&coordinator);
}

static void
test_open_with_checkpoint_begins_a_new_epoch (void **state)
{
    const s_fixture_t *self = *state;
    folder_write (&self->past->folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path), *other;
    past_set (coordinator, "durability", "checkpoint");
    past_point_t before = past_where (coordinator);
    gradmq_coordinator_destroy (&coordinator);
    coordinator = past_open (self->path);
    past_point_t after = past_where (coordinator);
    assert_true (after.epoch > before.epoch);
    assert_int_equal (after.version, 0);
    assert_memory_equal (after.parameters, before.parameters, sizeof after.parameters);
    //  Its optimizer is where that of one that goes on exactly is.
    char path [FOLDER_NAME_BYTES];
    folder_make (path);
    folder_write (&self->past->folder, path);
    other = past_open (path);
    s_assert_go_on_alike (coordinator, other);
    gradmq_coordinator_destroy (&other);
    gradmq_coordinator_destroy (&coordinator);
    folder_remove (path);
}

//  Under this level what came after the checkpoint is lost, and its versions are not made twice.
static void
test_open_with_checkpoint_after_death_is_back_at_the_checkpoint (void **state)
{
    const s_fixture_t *self = *state;
    folder_t dead;
    folder_write (&self->past->folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_set (coordinator, "durability", "checkpoint");
    past_point_t kept = past_where (coordinator);
    gradmq_coordinator_destroy (&coordinator);
    folder_read (&dead, self->path);
    coordinator = past_open (self->path);
    past_point_t told = past_where (coordinator);
    past_step (coordinator, 4);
    gradmq_coordinator_destroy (&coordinator);
    folder_write (&dead, self->path);
    folder_clear (&dead);
    coordinator = past_open (self->path);
    past_point_t now = past_where (coordinator);
    assert_memory_equal (now.parameters, kept.parameters, sizeof now.parameters);
    assert_true (now.epoch >= told.epoch);
    gradmq_coordinator_destroy (&coordinator);
}

static void
s_assert_refused (const gradmq_coordinator_options_t *options, gradmq_err_t code, const char *said)
{
    gradmq_coordinator_t *coordinator;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_coordinator_open (&coordinator, options, &why), code);
    assert_null (coordinator);
    if (!strstr (why.text, options->state) || !strstr (why.text, said))
        fail_msg ("\"%s\" does not say \"%s\", or not where", why.text, said);
}

static void
test_open_a_folder_in_use_is_busy (void **state)
{
    const s_fixture_t *self = *state;
    const gradmq_coordinator_options_t same = {.state = self->path};
    folder_write (&self->past->folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_point_t before = past_where (coordinator);
    s_assert_refused (&same, GRADMQ_ERR_BUSY, "in use");
    //  The first one is none the worse for it.
    past_step (coordinator, 1);
    assert_int_equal (past_where (coordinator).version, before.version + 1);
    s_assert_refused (&same, GRADMQ_ERR_BUSY, "in use");
    gradmq_coordinator_destroy (&coordinator);
    coordinator = past_open (self->path);
    gradmq_coordinator_destroy (&coordinator);
}

static void
test_open_a_folder_of_another_model_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    const gradmq_coordinator_options_t other = {.model = "another", .state = self->path};
    folder_write (&self->past->folder, self->path);
    s_assert_refused (&other, GRADMQ_ERR_ARGUMENT, "is of model model");
    assert_true (folder_is (&self->past->folder, self->path));
    //  Where there are journals alone, too.
    folder_write (&self->past->young, self->path);
    s_assert_refused (&other, GRADMQ_ERR_ARGUMENT, "is of model model");
    assert_true (folder_is (&self->past->young, self->path));
}

static void
test_open_a_folder_that_is_not_there_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    char path [2 * FOLDER_NAME_BYTES];
    strcpy (path, self->path);
    strcat (path, "/no such folder");
    const gradmq_coordinator_options_t options = {.state = path};
    s_assert_refused (&options, GRADMQ_ERR_IO, "No such file");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_open_with_journal_goes_on_exactly),
        cmocka_unit_test (test_open_again_and_again_stays_at_the_same_place),
        cmocka_unit_test (test_open_with_checkpoint_begins_a_new_epoch),
        cmocka_unit_test (test_open_with_checkpoint_after_death_is_back_at_the_checkpoint),
        cmocka_unit_test (test_open_a_folder_in_use_is_busy),
        cmocka_unit_test (test_open_a_folder_of_another_model_is_refused),
        cmocka_unit_test (test_open_a_folder_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests (tests, s_set_up, s_tear_down);
}
