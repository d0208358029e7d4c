#include "checkpoint/checkpoint.h"

#include "checkpoint/checkpoint_form.h"
#include "checkpoint/header.h"
#include "checkpoint/save.h"
#include "core/crc32c.h"
#include "fixture/checkpoint.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  Refused with a reason, or the same as what was written; true: refused.
static bool
s_refused_or_same (const ck_fixture_t *self, const void *bytes, size_t size)
{
    //  Exactly as long, so that reading past the end is seen.
    void *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    gradmq_checkpoint_file_t *file;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_checkpoint_parse (&file, copy, size, &why);
    free (copy);
    if (err) {
        assert_null (file);
        assert_int_equal (why.code, err);
        assert_non_null (strstr (why.text, "memory: "));
    } else
        assert_true (ck_equal (gradmq_checkpoint_of (file), &self->checkpoint));
    gradmq_checkpoint_file_destroy (&file);
    return err != GRADMQ_OK;
}

static void
test_checkpoint_parse_any_byte_changed_is_refused_or_means_the_same (void **state)
{
    ck_fixture_t *self = *state;
    ck_write (self);
    size_t size, same = 0;
    unsigned char *bytes = ck_bytes (self, &size);
    assert_false (s_refused_or_same (self, bytes, size));
    for (size_t i = 0; i < size; i++)
        for (unsigned pattern = 1; pattern < 256; pattern++) {
            bytes [i] ^= (unsigned char) pattern;
            if (!s_refused_or_same (self, bytes, size)) {
                //  White space behind the header's last brace.
                assert_non_null (memchr (" \t\n\r", bytes [i], 4));
                same++;
            }
            bytes [i] ^= (unsigned char) pattern;
        }
    assert_in_range (same, 0, 3 * 7);
    free (bytes);
}

static void
test_checkpoint_parse_cut_or_longer_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    ck_write (self);
    size_t size;
    unsigned char *bytes = ck_bytes (self, &size);
    for (size_t i = 0; i < size; i++)
        assert_true (s_refused_or_same (self, bytes, i));
    bytes [size] = 0;
    assert_true (s_refused_or_same (self, bytes, size + 1));
    free (bytes);
}

static void
s_assert_refused (const char *path, gradmq_err_t code, const char *said)
{
    gradmq_checkpoint_file_t *file;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_checkpoint_read (&file, path, &why);
    assert_null (file);
    if (err != code || why.code != code || !strstr (why.text, said))
        fail_msg ("%s: \"%s\" does not say \"%s\"", gradmq_err_name (err), why.text, said);
    if (!strstr (why.text, path))
        fail_msg ("\"%s\" does not name the file", why.text);
}

static void
test_checkpoint_read_what_is_no_file_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    char *path = gradmq_checkpoint_path (self->folder, 1);
    s_assert_refused (path, GRADMQ_ERR_IO, "No such file");
    s_assert_refused (self->folder, GRADMQ_ERR_IO, "is not a regular file");
    free (path);
}

static void
test_checkpoint_read_a_model_is_no_checkpoint (void **state)
{
    (void) state;
    s_assert_refused ("tests/data/safetensors/f32.safetensors", GRADMQ_ERR_FORMAT,
                      "is a safetensors file, but not a checkpoint");
}

//  A file whose checksum is right and whose contents are not.
typedef struct {
    gradmq_metadata_t pairs [GRADMQ_CHECKPOINT_KEYS + 1];
    size_t pair_count;
    gradmq_piece_t pieces [GRADMQ_CHECKPOINT_PARTS_MAX + 1];
    size_t piece_count;
    char checksum [16];
} s_forged_t;

static void
s_seal (s_forged_t *self, const gradmq_layout_t *layout)
{
    uint32_t sum = gradmq_checkpoint_sum_pairs (self->pairs);
    for (size_t i = 0; i < self->piece_count; i++)
        for (size_t k = 0; k < gradmq_layout_count (layout); k++) {
            const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, k);
            char name [GRADMQ_PIECE_PREFIX_BYTES + GRADMQ_TENSOR_NAME_BYTES_MAX];
            snprintf (name, sizeof name, "%s%s", self->pieces [i].prefix, tensor->name);
            sum = gradmq_checkpoint_sum_head (sum, name, gradmq_layout_dtype (layout), tensor->rank,
                                              tensor->shape);
        }
    for (size_t i = 0; i < self->piece_count; i++)
        sum = gradmq_crc32c (sum, self->pieces [i].data, (size_t) gradmq_layout_bytes (layout));
    snprintf (self->checksum, sizeof self->checksum, "%08" PRIx32, sum);
    self->pairs [GRADMQ_CHECKPOINT_KEY_checksum].value = self->checksum;
}

//  The pairs are the good file's, with one of them changed; the pieces have these prefixes.
static void
s_forge (const ck_fixture_t *self, const char *key, const char *value, const char *const *prefixes,
         size_t piece_count, const char *path)
{
    size_t size;
    uint64_t data_at, bytes;
    unsigned char *good = ck_bytes (self, &size);
    gradmq_source_t source = {.name = "memory", .size = size, .fd = -1, .bytes = good};
    gradmq_header_t header;
    assert_int_equal (gradmq_header_load (&header, &source, &data_at, NULL), GRADMQ_OK);
    s_forged_t forged = {.pair_count = header.metadata_count, .piece_count = piece_count};
    memcpy (forged.pairs, header.metadata, header.metadata_count * sizeof *header.metadata);
    for (size_t i = 0; i < forged.pair_count; i++)
        if (key && strcmp (forged.pairs [i].key, key) == 0)
            forged.pairs [i].value = value;
    for (size_t i = 0; i < piece_count; i++)
        forged.pieces [i] = (gradmq_piece_t){prefixes [i], self->data [0]};
    s_seal (&forged, self->checkpoint.layout);
    const gradmq_save_t save = {.path = path,
                                .layout = self->checkpoint.layout,
                                .dtype = gradmq_layout_dtype (self->checkpoint.layout),
                                .pieces = forged.pieces,
                                .piece_count = piece_count,
                                .metadata = forged.pairs,
                                .metadata_count = forged.pair_count};
    assert_int_equal (gradmq_save (&save, &bytes, NULL), GRADMQ_OK);
    gradmq_header_free (&header);
    free (good);
}

static void
test_checkpoint_read_value_that_cannot_be_is_refused (void **state)
{
    static const char *const prefix [] = {""};
    static const struct {
        const char *key, *value;
        gradmq_err_t code;
        const char *said;
    } rows [] = {
        {"format", "pt", GRADMQ_ERR_FORMAT, "but not a checkpoint"},
        {"format", "gradmq-checkpoint-2", GRADMQ_ERR_UNSUPPORTED,
         "this program reads \"gradmq-checkpoint-1\""},
        {"serial", "18446744073709551616", GRADMQ_ERR_FORMAT,
         "\"serial\" of __metadata__ is \"18446744073709551616\" and not a whole number"},
        {"epoch", "", GRADMQ_ERR_FORMAT, "\"epoch\" of __metadata__ is \"\""},
        {"version", "01", GRADMQ_ERR_FORMAT, "\"version\""},
        {"tick", "-1", GRADMQ_ERR_FORMAT, "\"tick\""},
        {"revision", "1 ", GRADMQ_ERR_FORMAT, "\"revision\""},
        {"running", "yes", GRADMQ_ERR_FORMAT, "is \"yes\" and not true or false"},
        {"layout", "0000000000000000", GRADMQ_ERR_FORMAT, "the id of the tensors' layout"},
        {"model", "", GRADMQ_ERR_FORMAT, "\"\" is no name of a model"},
        {"counts", "1 0 0\n", GRADMQ_ERR_FORMAT, "line 2 of \"counts\""},
        {"counts", "1 0 0\n1 0 0", GRADMQ_ERR_FORMAT, "line 2 of \"counts\""},
        {"counts", "1 0 0\n1 0\n", GRADMQ_ERR_FORMAT, "line 2 of \"counts\""},
        {"counts", "1 0 0x1\n1 0 0\n", GRADMQ_ERR_FORMAT, "line 1 of \"counts\""},
        {"counts", "1 0 0\n1 0 0\n\n", GRADMQ_ERR_FORMAT, "has more lines"},
        {"counts", "1 0.00000000000000000000000000000000000000 0\n1 0 0\n", GRADMQ_ERR_FORMAT,
         "line 1"},
        {"counts", "1 0 0\n9007199254740992 0 0\n", GRADMQ_ERR_FORMAT,
         "stepped 9007199254740992 times"},
        {"counts", "1 0 0\n1 1.5 0\n", GRADMQ_ERR_FORMAT, "carries 1.5"},
        {"counts", "1 0 -1\n1 0 0\n", GRADMQ_ERR_FORMAT, "carries -1"},
    };
    ck_fixture_t *self = *state;
    ck_write (self);
    char *path = gradmq_checkpoint_path (self->folder, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        s_forge (self, rows [i].key, rows [i].value, prefix, 1, path);
        s_assert_refused (path, rows [i].code, rows [i].said);
    }
    free (path);
}

static void
test_checkpoint_read_part_that_cannot_be_is_refused (void **state)
{
    enum { MOST = GRADMQ_CHECKPOINT_PARTS_MAX + 1 };
    static const struct {
        const char *prefixes [MOST];
        gradmq_err_t code;
        const char *said;
    } rows [] = {
        {{"", "state 1\t"}, GRADMQ_ERR_FORMAT, "tensor \"state 1?w"},
        {{"", "shadow a\t", "state 0\t"},
         GRADMQ_ERR_FORMAT,
         "is not what a checkpoint has in that place"},
        {{"", "state 0\t", "state 1\t", "state 2\t", "state 3\t", "state 4\t"},
         GRADMQ_ERR_FORMAT,
         "\"state 4?w"},
        {{"", "momentum\t"}, GRADMQ_ERR_FORMAT, "\"momentum?w"},
        {{"", "shadow a\t", "shadow a\t"}, GRADMQ_ERR_FORMAT, "is there twice"},
        {{"", "shadow \t"}, GRADMQ_ERR_FORMAT, "\"\" is no name of a stream"},
        {{"", "shadow a b\t"}, GRADMQ_ERR_FORMAT, "\"a b\" is no name of a stream"},
        {{"a", "b"}, GRADMQ_ERR_FORMAT, "the id of the tensors' layout"},
        {{"state 0\t"}, GRADMQ_ERR_FORMAT, "a layout of 0 tensors"},
        {{"", "shadow a\t", "shadow b\t", "shadow c\t", "shadow d\t", "shadow e\t", "shadow f\t",
          "shadow g\t", "shadow h\t", "shadow i\t"},
         GRADMQ_ERR_FORMAT,
         "\"shadow i?w"},
        {{"", "state 0\t", "state 1\t", "state 2\t", "state 3\t", "shadow a\t", "shadow b\t",
          "shadow c\t", "shadow d\t", "shadow e\t", "shadow f\t", "shadow g\t", "shadow h\t",
          "shadow i\t"},
         GRADMQ_ERR_FORMAT,
         "has 26 tensors of states and shadows for 2 of the model"},
    };
    ck_fixture_t *self = *state;
    ck_write (self);
    char *path = gradmq_checkpoint_path (self->folder, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        size_t count = 0;
        while (count < MOST && rows [i].prefixes [count])
            count++;
        s_forge (self, NULL, NULL, rows [i].prefixes, count, path);
        s_assert_refused (path, rows [i].code, rows [i].said);
    }
    free (path);
}

//  All pairs but one (of this number), and perhaps one more.
static void
s_write_keys (const ck_fixture_t *self, size_t left_out, const char *more, const char *path)
{
    gradmq_metadata_t pairs [GRADMQ_CHECKPOINT_KEYS + 1];
    size_t count = 0;
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS; i++)
        if (i != left_out)
            pairs [count++] =
                (gradmq_metadata_t){gradmq_checkpoint_keys [i].name, GRADMQ_CHECKPOINT_FORMAT};
    if (more)
        pairs [count++] = (gradmq_metadata_t){more, ""};
    assert_int_equal (gradmq_safetensors_save (path, self->checkpoint.layout,
                                               gradmq_layout_dtype (self->checkpoint.layout),
                                               self->data [0], pairs, count, NULL),
                      GRADMQ_OK);
}

static void
test_checkpoint_read_key_too_many_or_too_few_is_refused (void **state)
{
    ck_fixture_t *self = *state;
    char *path = gradmq_checkpoint_path (self->folder, 1);
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS; i++) {
        char said [64];
        snprintf (said, sizeof said, "has \"%s\", and it is not there",
                  gradmq_checkpoint_keys [i].name);
        s_write_keys (self, i, NULL, path);
        s_assert_refused (path, GRADMQ_ERR_FORMAT,
                          i == GRADMQ_CHECKPOINT_KEY_format ? "but not a checkpoint" : said);
    }
    static const char *const more [] = {"a", "modem", "zebra"};
    for (size_t i = 0; i < 3; i++) {
        char said [64];
        snprintf (said, sizeof said, "has \"%s\", which no checkpoint has", more [i]);
        s_write_keys (self, GRADMQ_CHECKPOINT_KEYS, more [i], path);
        s_assert_refused (path, GRADMQ_ERR_FORMAT, said);
    }
    free (path);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, ck_set_up, ck_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_checkpoint_parse_any_byte_changed_is_refused_or_means_the_same),
        TEST (test_checkpoint_parse_cut_or_longer_is_refused),
        TEST (test_checkpoint_read_what_is_no_file_is_refused),
        TEST (test_checkpoint_read_a_model_is_no_checkpoint),
        TEST (test_checkpoint_read_value_that_cannot_be_is_refused),
        TEST (test_checkpoint_read_part_that_cannot_be_is_refused),
        TEST (test_checkpoint_read_key_too_many_or_too_few_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
