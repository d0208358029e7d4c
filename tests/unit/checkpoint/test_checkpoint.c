#include "checkpoint/checkpoint.h"

#include "checkpoint/safetensors.h"
#include "fixture/checkpoint.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

static gradmq_checkpoint_file_t *
s_read (const ck_fixture_t *self)
{
    gradmq_reason_t why = {0};
    gradmq_checkpoint_file_t *file;
    char *path = gradmq_checkpoint_path (self->folder, self->checkpoint.serial);
    if (gradmq_checkpoint_read (&file, path, &why))
        fail_msg ("%s", why.text);
    free (path);
    return file;
}

static void
s_assert_round_trip (ck_fixture_t *self)
{
    ck_write (self);
    gradmq_checkpoint_file_t *file = s_read (self);
    assert_true (ck_equal (gradmq_checkpoint_of (file), &self->checkpoint));
    gradmq_checkpoint_file_destroy (&file);
    assert_null (file);
    gradmq_checkpoint_file_destroy (&file);
}

static void
test_checkpoint_write_whatever_was_written_reads_back_the_same (void **state)
{
    ck_fixture_t *self = *state;
    static const uint32_t dtypes [] = {GRADMQ_DTYPE_F32, GRADMQ_DTYPE_F64};
    for (size_t i = 0; i < 2; i++)
        for (size_t states = 0; states <= GRADMQ_CHECKPOINT_STATES_MAX; states++)
            for (size_t shadows = 0; shadows <= GRADMQ_CHECKPOINT_SHADOWS_MAX; shadows++) {
                ck_shape (self, dtypes [i], states, shadows);
                s_assert_round_trip (self);
            }
    self->checkpoint.running = false;
    self->checkpoint.serial = UINT64_MAX;
    self->checkpoint.workers = "a 1\nb 2\n\x01\x7f\xc3\xa9";
    s_assert_round_trip (self);
    assert_int_equal (ck_files (self), 2);
}

//  Real numbers are text in the file, and none of their bits is lost.
static void
test_checkpoint_write_numbers_carried_keep_every_bit (void **state)
{
    ck_fixture_t *self = *state;
    static const double values [] = {0,       -0.0,    1,           0.1,
                                     DBL_MIN, 5e-324,  1.0 / 3,     0.99999999999999989,
                                     1e-5,    0x1p-30, 0x1.fp-1000, 123456e-6};
    enum { VALUES = sizeof values / sizeof values [0] };
    for (size_t i = 0; i + 1 < VALUES; i++) {
        self->counts [0].running [0] = values [i];
        self->counts [0].running [1] = values [i + 1];
        s_assert_round_trip (self);
    }
}

static void
test_checkpoint_write_most_tensors_with_most_parts_reads_back (void **state)
{
    ck_fixture_t *self = *state;
    const size_t shadows = GRADMQ_CHECKPOINT_SHADOWS_MAX, count = GRADMQ_TENSORS_MAX;
    ck_shape (self, GRADMQ_DTYPE_F32, GRADMQ_CHECKPOINT_STATES_MAX, shadows);
    gradmq_tensor_spec_t *specs = calloc (count, sizeof *specs);
    char (*names) [16] = calloc (count, sizeof *names);
    float *values = calloc (count, sizeof *values);
    gradmq_checkpoint_count_t *counts = calloc (count, sizeof *counts);
    assert_true (specs && names && values && counts);
    for (size_t i = 0; i < count; i++) {
        snprintf (names [i], sizeof names [i], "t%zu", i);
        specs [i] = (gradmq_tensor_spec_t){.name = names [i]};
        values [i] = (float) i;
        counts [i] = (gradmq_checkpoint_count_t){i, {1 / (double) (i + 1), 0}};
    }
    gradmq_checkpoint_t checkpoint = self->checkpoint;
    assert_int_equal (gradmq_layout_open (&checkpoint.layout, specs, count, GRADMQ_DTYPE_F32, NULL),
                      GRADMQ_OK);
    checkpoint.parameters = values;
    checkpoint.counts = counts;
    for (size_t i = 0; i < checkpoint.state_count; i++)
        checkpoint.states [i] = values;
    for (size_t i = 0; i < shadows; i++)
        checkpoint.shadows [i] = values;
    uint64_t bytes;
    assert_int_equal (gradmq_checkpoint_write (self->folder, &checkpoint, &bytes, NULL), GRADMQ_OK);
    gradmq_checkpoint_file_t *file = s_read (self);
    assert_true (ck_equal (gradmq_checkpoint_of (file), &checkpoint));
    gradmq_checkpoint_file_destroy (&file);
    gradmq_layout_release (&checkpoint.layout);
    free (counts);
    free (values);
    free (names);
    free (specs);
}

//  tests/fuzz/seed_checkpoint.py has written it.
static void
test_checkpoint_read_file_of_another_writer_gives_what_it_wrote (void **state)
{
    (void) state;
    gradmq_reason_t why = {0};
    gradmq_checkpoint_file_t *file;
    if (gradmq_checkpoint_read (&file, "tests/fuzz/corpus/checkpoint/f32", &why))
        fail_msg ("%s", why.text);
    const gradmq_checkpoint_t *checkpoint = gradmq_checkpoint_of (file);
    assert_int_equal (checkpoint->serial, 12);
    assert_true (checkpoint->epoch == UINT64_MAX && checkpoint->version == 9);
    assert_true (checkpoint->tick == 4 && checkpoint->revision == 2 && checkpoint->running);
    assert_string_equal (checkpoint->model, "model");
    assert_string_equal (checkpoint->settings, "optimizer=adam\n");
    assert_string_equal (checkpoint->workers, "one 1\ntwo 2\n");
    assert_int_equal (gradmq_layout_count (checkpoint->layout), 2);
    assert_string_equal (gradmq_layout_tensor (checkpoint->layout, 1)->name, "bias");
    static const gradmq_checkpoint_count_t counts [] = {{3, {0.5, 0.25}},
                                                        {GRADMQ_CHECKPOINT_COUNT_MAX, {1, 0}}};
    assert_memory_equal (checkpoint->counts, counts, sizeof counts);
    assert_true (checkpoint->state_count == 2 && checkpoint->shadow_count == 1);
    assert_string_equal (checkpoint->shadow_names [0], "f16");
    const float *parts [] = {checkpoint->parameters, checkpoint->states [0], checkpoint->states [1],
                             checkpoint->shadows [0]};
    for (size_t i = 0; i < 20; i++)
        assert_true (parts [i / 5][i % 5] == (float) i + 0.5f);
    gradmq_checkpoint_file_destroy (&file);
}

static void
test_checkpoint_write_file_is_its_owners_alone (void **state)
{
    ck_fixture_t *self = *state;
    ck_write (self);
    struct stat about;
    char path [160];
    snprintf (path, sizeof path, "%s/checkpoint-00000000000000000007.safetensors", self->folder);
    assert_int_equal (stat (path, &about), 0);
    assert_int_equal (about.st_mode & 07777, 0600);
}

static void
test_safetensors_load_of_a_checkpoint_gives_the_parameters_alone (void **state)
{
    ck_fixture_t *self = *state;
    ck_shape (self, GRADMQ_DTYPE_F32, 2, 2);
    ck_write (self);
    gradmq_reason_t why = {0};
    gradmq_safetensors_t *model;
    char *path = gradmq_checkpoint_path (self->folder, self->checkpoint.serial);
    if (gradmq_safetensors_load (&model, path, 0, &why))
        fail_msg ("%s", why.text);
    free (path);
    assert_int_equal (gradmq_layout_id (gradmq_safetensors_layout (model)),
                      gradmq_layout_id (self->checkpoint.layout));
    assert_memory_equal (gradmq_safetensors_data (model), self->data [0], 7 * sizeof (float));
    gradmq_safetensors_destroy (&model);
}

static void
s_assert_not_written (ck_fixture_t *self, const char *folder, gradmq_err_t code, const char *said)
{
    uint64_t bytes;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_checkpoint_write (folder, &self->checkpoint, &bytes, &why), code);
    assert_int_equal (why.code, code);
    if (!strstr (why.text, said))
        fail_msg ("\"%s\" does not say \"%s\"", why.text, said);
}

static void
test_checkpoint_write_count_that_cannot_be_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    const gradmq_checkpoint_count_t good = self->counts [1];
    self->counts [1].count = GRADMQ_CHECKPOINT_COUNT_MAX + 1;
    s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT,
                          "\"scalar\" was stepped 9007199254740992 times");
    static const double bad [] = {NAN, INFINITY, -1e-300, 1.0000000000000002};
    for (size_t i = 0; i < 8; i++) {
        self->counts [1] = good;
        self->counts [1].running [i % 2] = bad [i / 2];
        s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT, "tensor \"scalar\" carries");
    }
    assert_int_equal (ck_files (self), 0);
}

static void
test_checkpoint_write_name_that_cannot_be_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    ck_shape (self, GRADMQ_DTYPE_F32, 0, 2);
    self->checkpoint.model = "a model";
    s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT,
                          "\"a model\" is no name of a model");
    self->checkpoint.model = "m";
    self->checkpoint.shadow_names [1] = "f16";
    s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT,
                          "the stream \"f16\" is there twice");
    self->checkpoint.shadow_names [1] = "f\t16";
    s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT, "is no name of a stream");
    self->checkpoint.shadow_names [1] = "bf16";
    self->checkpoint.settings = "\xff";
    s_assert_not_written (self, self->folder, GRADMQ_ERR_ARGUMENT,
                          "metadata \"settings\" is not valid UTF-8");
    assert_int_equal (ck_files (self), 0);
}

//  RLIMIT_FSIZE stands for a full disk. However far the writing came, the old file is what it was.
static void
test_checkpoint_write_that_fails_anywhere_leaves_the_old_file (void **state)
{
    ck_fixture_t *self = *state;
    ck_write (self);
    size_t size;
    unsigned char *before = ck_bytes (self, &size);
    struct rlimit usual, small;
    assert_int_equal (getrlimit (RLIMIT_FSIZE, &usual), 0);
    small = usual;
    void (*handler) (int) = signal (SIGXFSZ, SIG_IGN);
    for (size_t limit = 0; limit < size; limit++) {
        uint64_t bytes;
        gradmq_reason_t why = {0};
        small.rlim_cur = limit;
        self->checkpoint.epoch = UINT64_MAX - 1 - limit;  //  another file, as long
        assert_int_equal (setrlimit (RLIMIT_FSIZE, &small), 0);
        gradmq_err_t err = gradmq_checkpoint_write (self->folder, &self->checkpoint, &bytes, &why);
        assert_int_equal (setrlimit (RLIMIT_FSIZE, &usual), 0);
        assert_int_equal (err, GRADMQ_ERR_IO);
        assert_non_null (strstr (why.text, "cannot write: File too large"));
        assert_int_equal (ck_files (self), 1);
    }
    signal (SIGXFSZ, handler);
    size_t size_after;
    unsigned char *after = ck_bytes (self, &size_after);
    assert_int_equal (size_after, size);
    assert_memory_equal (after, before, size);
    free (after);
    free (before);
}

static void
test_checkpoint_write_folder_that_cannot_be_written_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    char folder [96];
    snprintf (folder, sizeof folder, "%s/none", self->folder);
    s_assert_not_written (self, folder, GRADMQ_ERR_IO, "No such file");
    s_assert_not_written (self, "/proc", GRADMQ_ERR_IO, "/proc/checkpoint-");
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, ck_set_up, ck_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_checkpoint_write_whatever_was_written_reads_back_the_same),
        TEST (test_checkpoint_write_numbers_carried_keep_every_bit),
        TEST (test_checkpoint_write_most_tensors_with_most_parts_reads_back),
        TEST (test_checkpoint_read_file_of_another_writer_gives_what_it_wrote),
        TEST (test_checkpoint_write_file_is_its_owners_alone),
        TEST (test_safetensors_load_of_a_checkpoint_gives_the_parameters_alone),
        TEST (test_checkpoint_write_count_that_cannot_be_is_refused),
        TEST (test_checkpoint_write_name_that_cannot_be_is_refused),
        TEST (test_checkpoint_write_that_fails_anywhere_leaves_the_old_file),
        TEST (test_checkpoint_write_folder_that_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
