#include "checkpoint/checkpoint.h"

#include "fixture/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void
s_touch (const ck_fixture_t *self, const char *name)
{
    char path [256];
    snprintf (path, sizeof path, "%s/%s", self->folder, name);
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    fclose (file);
}

static void
s_remove (const ck_fixture_t *self, const char *name)
{
    char path [256];
    snprintf (path, sizeof path, "%s/%s", self->folder, name);
    assert_int_equal (remove (path), 0);
}

static void
s_add (const ck_fixture_t *self, uint64_t serial)
{
    char *path = gradmq_checkpoint_path (self->folder, serial);
    s_touch (self, path + strlen (self->folder) + 1);
    free (path);
}

static void
s_assert_listed (const ck_fixture_t *self, const uint64_t *serials, size_t count)
{
    gradmq_serials_t list;
    assert_int_equal (gradmq_checkpoint_list (&list, self->folder, NULL), GRADMQ_OK);
    assert_int_equal (list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal (list.serials [i], serials [i]);
    gradmq_serials_clear (&list);
    assert_null (list.serials);
    gradmq_serials_clear (&list);
}

static void
test_checkpoint_list_gives_the_newest_first (void **state)
{
    ck_fixture_t *self = *state;
    s_assert_listed (self, NULL, 0);
    static const uint64_t serials [] = {UINT64_MAX, 1ull << 40, 100, 99, 10, 9, 0};
    for (size_t i = 0; i < 7; i++)
        s_add (self, serials [(i * 3) % 7]);
    s_assert_listed (self, serials, 7);
}

static void
test_checkpoint_list_of_many_gives_all (void **state)
{
    ck_fixture_t *self = *state;
    uint64_t serials [100];
    for (uint64_t i = 0; i < 100; i++)
        s_add (self, serials [99 - i] = i);
    s_assert_listed (self, serials, 100);
}

static const char *const s_others [] = {
    "model.safetensors",
    "checkpoint-1.safetensors",
    "checkpoint-000000000000000000001.safetensors",
    "checkpoint-00000000000000000001.safetensors~",
    "checkpoint-00000000000000000001",
    "checkpoint-+0000000000000000001.safetensors",
    "checkpoint-18446744073709551616.safetensors",
    "Checkpoint-00000000000000000001.safetensors",
    ".gradmq-0123456789abcdef.tmp.old",
    ".gradmq-0123456789abcde.tmp",
    ".gradmq-0123456789abcdef0.tmp",
    ".gradmq-.tmp",
    "gradmq-0123456789abcdef.tmp",
};
enum { OTHERS = sizeof s_others / sizeof s_others [0] };

static void
test_checkpoint_list_and_prune_leave_other_names_alone (void **state)
{
    ck_fixture_t *self = *state;
    for (size_t i = 0; i < OTHERS; i++)
        s_touch (self, s_others [i]);
    char folder [160];
    snprintf (folder, sizeof folder, "%s/checkpoint-00000000000000000005.safetensors",
              self->folder);
    assert_int_equal (mkdir (folder, 0700), 0);
    s_assert_listed (self, NULL, 0);
    s_add (self, 3);
    s_assert_listed (self, (const uint64_t []){3}, 1);
    assert_int_equal (gradmq_checkpoint_prune (self->folder, 0, NULL), GRADMQ_OK);
    assert_int_equal (ck_files (self), OTHERS + 1);
    rmdir (folder);
    for (size_t i = 0; i < OTHERS; i++)
        s_remove (self, s_others [i]);
}

static void
test_checkpoint_tidy_removes_temporaries_alone (void **state)
{
    ck_fixture_t *self = *state;
    for (size_t i = 0; i < OTHERS; i++)
        s_touch (self, s_others [i]);
    s_add (self, 3);
    s_touch (self, ".gradmq-0123456789abcdef.tmp");
    s_touch (self, ".gradmq-0000000000000000.tmp");
    gradmq_checkpoint_tidy (self->folder);
    assert_int_equal (ck_files (self), OTHERS + 1);
    for (size_t i = 0; i < OTHERS; i++)
        s_remove (self, s_others [i]);
    s_assert_listed (self, (const uint64_t []){3}, 1);
    gradmq_checkpoint_tidy ("/tmp/gradmq-test-that-is-not-there");
}

static void
test_checkpoint_prune_keeps_the_newest (void **state)
{
    ck_fixture_t *self = *state;
    static const uint64_t serials [] = {500, 40, 30, 7, 1};
    for (size_t i = 0; i < 5; i++)
        s_add (self, serials [i]);
    static const size_t keep [] = {9, 5, 4, 2, 2, 0}, left [] = {5, 5, 4, 2, 2, 0};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal (gradmq_checkpoint_prune (self->folder, keep [i], NULL), GRADMQ_OK);
        s_assert_listed (self, serials, left [i]);
    }
}

static void
test_checkpoint_list_folder_that_is_not_there_is_refused (void **state)
{
    (void) state;
    static const char folder [] = "/tmp/gradmq-test-that-is-not-there";
    gradmq_serials_t list = {.count = 3};
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_checkpoint_list (&list, folder, &why), GRADMQ_ERR_IO);
    assert_int_equal (list.count, 0);
    assert_null (list.serials);
    assert_non_null (strstr (why.text, folder));
    assert_non_null (strstr (why.text, "No such file"));
    assert_int_equal (gradmq_checkpoint_prune (folder, 1, &why), GRADMQ_ERR_IO);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, ck_set_up, ck_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_checkpoint_list_gives_the_newest_first),
        TEST (test_checkpoint_list_of_many_gives_all),
        TEST (test_checkpoint_list_and_prune_leave_other_names_alone),
        TEST (test_checkpoint_tidy_removes_temporaries_alone),
        TEST (test_checkpoint_prune_keeps_the_newest),
        TEST (test_checkpoint_list_folder_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
