#include "checkpoint/safetensors.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    char folder [64];
    char path [128];
    gradmq_layout_t *layout;
} s_fixture_t;

static const float s_values [] = {1, -2, 0.5f, 65504, 1e-7f, 6, 7};

static int
s_set_up (void **state)
{
    s_fixture_t *self = calloc (1, sizeof *self);
    snprintf (self->folder, sizeof self->folder, "/tmp/gradmq-test-XXXXXX");
    if (!mkdtemp (self->folder))
        return -1;
    snprintf (self->path, sizeof self->path, "%s/model.safetensors", self->folder);
    const uint64_t shape [] = {2, 3};
    const gradmq_tensor_spec_t specs [] = {{.name = "w \"\xc3\xa9\" \\", .rank = 2, .shape = shape},
                                           {.name = "scalar", .rank = 0, .shape = NULL}};
    *state = self;
    return gradmq_layout_open (&self->layout, specs, 2, GRADMQ_DTYPE_F32, NULL) ? -1 : 0;
}

static size_t
s_files (const s_fixture_t *self)
{
    size_t count = 0;
    DIR *folder = opendir (self->folder);
    assert_non_null (folder);
    for (struct dirent *entry = readdir (folder); entry; entry = readdir (folder))
        count += strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0;
    closedir (folder);
    return count;
}

static int
s_tear_down (void **state)
{
    s_fixture_t *self = *state;
    unlink (self->path);
    int failed = rmdir (self->folder);
    gradmq_layout_release (&self->layout);
    free (self);
    return failed;
}

static void
test_safetensors_save_what_was_written_reads_back_the_same (void **state)
{
    s_fixture_t *self = *state;
    const gradmq_metadata_t metadata [] = {{"version", "12"},
                                           {"a \"key\"", "line\n\x01\x7f\xc3\xa9"}};
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_safetensors_save (self->path, self->layout,
                                               gradmq_dtype (GRADMQ_DTYPE_F32), s_values, metadata,
                                               2, &why),
                      GRADMQ_OK);
    gradmq_safetensors_t *model;
    assert_int_equal (gradmq_safetensors_load (&model, self->path, 0, &why), GRADMQ_OK);
    assert_int_equal (gradmq_layout_id (gradmq_safetensors_layout (model)),
                      gradmq_layout_id (self->layout));
    assert_memory_equal (gradmq_safetensors_data (model), s_values, sizeof s_values);
    const gradmq_metadata_t *pairs = gradmq_safetensors_metadata (model);
    assert_int_equal (gradmq_safetensors_metadata_count (model), 2);
    assert_string_equal (pairs [0].key, metadata [1].key);
    assert_string_equal (pairs [0].value, metadata [1].value);
    assert_string_equal (pairs [1].value, "12");
    gradmq_safetensors_destroy (&model);
    assert_int_equal (s_files (self), 1);
}

static void
test_safetensors_save_header_is_padded_to_eight_bytes (void **state)
{
    s_fixture_t *self = *state;
    assert_int_equal (gradmq_safetensors_save (self->path, self->layout,
                                               gradmq_dtype (GRADMQ_DTYPE_F32), s_values, NULL, 0,
                                               NULL),
                      GRADMQ_OK);
    struct stat about;
    assert_int_equal (stat (self->path, &about), 0);
    assert_int_equal ((about.st_size - (off_t) sizeof s_values) % 8, 0);
    assert_int_equal (about.st_mode & S_IRUSR, S_IRUSR);
}

static void
test_safetensors_save_other_dtype_is_written_as_such (void **state)
{
    s_fixture_t *self = *state;
    const gradmq_dtype_t *half = gradmq_dtype (GRADMQ_DTYPE_F16);
    uint16_t halves [7];
    half->from_f32 (halves, s_values, 7);
    assert_int_equal (
        gradmq_safetensors_save (self->path, self->layout, half, halves, NULL, 0, NULL), GRADMQ_OK);
    gradmq_safetensors_t *model;
    assert_int_equal (gradmq_safetensors_load (&model, self->path, 0, NULL), GRADMQ_OK);
    float expected [7];
    half->to_f32 (expected, halves, 7);
    assert_memory_equal (gradmq_safetensors_data (model), expected, sizeof expected);
    gradmq_safetensors_destroy (&model);
}

static void
test_safetensors_save_what_is_refused_leaves_the_old_file (void **state)
{
    s_fixture_t *self = *state;
    FILE *old = fopen (self->path, "w");
    assert_non_null (old);
    fputs ("old", old);
    fclose (old);
    static const struct {
        gradmq_metadata_t pairs [2];
        const char *said;
    } rows [] = {
        {{{"a", "1"}, {"a", "2"}}, "metadata has the key \"a\" twice"},
        {{{"a", "1"}, {"b", "\xff"}}, "metadata \"b\" is not valid UTF-8"},
    };
    for (size_t i = 0; i < 2; i++) {
        gradmq_reason_t why = {0};
        assert_int_equal (gradmq_safetensors_save (self->path, self->layout,
                                                   gradmq_dtype (GRADMQ_DTYPE_F32), s_values,
                                                   rows [i].pairs, 2, &why),
                          GRADMQ_ERR_ARGUMENT);
        assert_non_null (strstr (why.text, rows [i].said));
    }
    struct stat about;
    assert_int_equal (stat (self->path, &about), 0);
    assert_int_equal (about.st_size, 3);
    assert_int_equal (s_files (self), 1);
}

static void
test_safetensors_save_folder_that_is_not_there_is_refused (void **state)
{
    s_fixture_t *self = *state;
    char path [160];
    snprintf (path, sizeof path, "%s/none/model", self->folder);
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_safetensors_save (path, self->layout, gradmq_dtype (GRADMQ_DTYPE_F32),
                                               s_values, NULL, 0, &why),
                      GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "No such file"));
    assert_non_null (strstr (why.text, path));
}

static void
test_safetensors_save_over_a_folder_is_refused_and_cleaned_up (void **state)
{
    s_fixture_t *self = *state;
    char path [160];
    snprintf (path, sizeof path, "%s/folder", self->folder);
    assert_int_equal (mkdir (path, 0700), 0);
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_safetensors_save (path, self->layout, gradmq_dtype (GRADMQ_DTYPE_F32),
                                               s_values, NULL, 0, &why),
                      GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "cannot replace it"));
    assert_int_equal (s_files (self), 1);
    rmdir (path);
}

//  RLIMIT_FSIZE stands for a full disk: a write that is refused halfway.
static void
test_safetensors_save_write_that_fails_leaves_nothing (void **state)
{
    s_fixture_t *self = *state;
    struct rlimit before, small;
    assert_int_equal (getrlimit (RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100;
    void (*handler) (int) = signal (SIGXFSZ, SIG_IGN);
    assert_int_equal (setrlimit (RLIMIT_FSIZE, &small), 0);
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_safetensors_save (
        self->path, self->layout, gradmq_dtype (GRADMQ_DTYPE_F32), s_values, NULL, 0, &why);
    assert_int_equal (setrlimit (RLIMIT_FSIZE, &before), 0);
    signal (SIGXFSZ, handler);
    assert_int_equal (err, GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "cannot write: File too large"));
    assert_int_equal (s_files (self), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, s_set_up, s_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_safetensors_save_what_was_written_reads_back_the_same),
        TEST (test_safetensors_save_header_is_padded_to_eight_bytes),
        TEST (test_safetensors_save_other_dtype_is_written_as_such),
        TEST (test_safetensors_save_what_is_refused_leaves_the_old_file),
        TEST (test_safetensors_save_folder_that_is_not_there_is_refused),
        TEST (test_safetensors_save_over_a_folder_is_refused_and_cleaned_up),
        TEST (test_safetensors_save_write_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
