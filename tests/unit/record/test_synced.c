//  What a power cut leaves at the end of a journal: damage that no SYNCED speaks of counts as cut off, and any other is
//  refused. schemas/RECORD.md, F-23.

#include "record/reader.h"
#include "record/writer.h"

#include "core/bytes.h"
#include "core/crc32c.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECORDS_MOST = 8, FILE_MOST = 64 << 10, LOOK_BYTES = 16 << 10 };

//  A file, in memory and on the disk.
typedef struct {
    char path [64];
    uint8_t bytes [FILE_MOST];
    size_t size;
    size_t at [RECORDS_MOST + 1];  //  where record i begins, and behind the last one
    size_t count;
    gradmq_record_writer_t *writer;
} s_file_t;

static void
s_begin (s_file_t *self)
{
    *self = (s_file_t){.path = "/tmp/gradmq-synced-XXXXXX"};
    int fd = mkstemp (self->path);
    assert_true (fd >= 0);
    close (fd);
    unlink (self->path);
    assert_int_equal (gradmq_record_writer_open (&self->writer, self->path, NULL), GRADMQ_OK);
    self->at [0] = GRADMQ_RECORD_FILE_BYTES;
}

enum { SYNCED_BYTES = 16, MARK = 77 };

static void
s_add (s_file_t *self, gradmq_record_type_t type, uint64_t number, size_t size)
{
    uint8_t *body = calloc (1, size < SYNCED_BYTES ? SYNCED_BYTES : size);
    gradmq_put_u64 (body, number);
    if (type == GRADMQ_RECORD_SYNCED)
        gradmq_put_u64 (body + 8, MARK);
    assert_int_equal (gradmq_record_write (self->writer, type, body, size, NULL, NULL, NULL),
                      GRADMQ_OK);
    free (body);
    self->at [self->count + 1] = self->at [self->count] + GRADMQ_RECORD_HEAD_BYTES + size;
    self->count++;
}

static void
s_end (s_file_t *self)
{
    assert_int_equal (gradmq_record_writer_close (&self->writer, NULL), GRADMQ_OK);
    FILE *file = fopen (self->path, "rb");
    assert_non_null (file);
    self->size = fread (self->bytes, 1, sizeof self->bytes, file);
    fclose (file);
    assert_int_equal (self->size, self->at [self->count]);
}

//  Two records that were on the disk, and two more.
static void
s_make (s_file_t *self)
{
    s_begin (self);
    s_add (self, GRADMQ_RECORD_MEMBERS, 1, 8);
    s_add (self, GRADMQ_RECORD_GRADIENT, 2, 30);
    s_add (self, GRADMQ_RECORD_SYNCED, 2, SYNCED_BYTES);
    s_add (self, GRADMQ_RECORD_GRADIENT, 3, 50);
    s_add (self, GRADMQ_RECORD_MEMBERS, 4, 8);
    s_end (self);
}

//  Read what is in memory as a file; *read counts the records.
static gradmq_err_t
s_read (const s_file_t *self, bool last, size_t *read, uint64_t *cut)
{
    gradmq_record_reader_t *reader;
    gradmq_record_t record = {.type = GRADMQ_RECORD_END};
    gradmq_reason_t why = {0};
    FILE *file = fopen (self->path, "wb");
    assert_non_null (file);
    assert_int_equal (fwrite (self->bytes, 1, self->size, file), self->size);
    assert_int_equal (fclose (file), 0);
    *read = 0;
    *cut = 0;
    gradmq_err_t err = gradmq_record_reader_open (&reader, self->path, last, &why);
    if (err)
        return err;
    while (!err && record.type != GRADMQ_RECORD_NONE) {
        err = gradmq_record_next (reader, &record, &why);
        *read += !err && record.type != GRADMQ_RECORD_NONE;
    }
    *cut = gradmq_record_reader_cut (reader);
    gradmq_record_reader_close (&reader);
    assert_int_equal (why.code, err);
    return err;
}

//  In which record a byte is.
static size_t
s_record_of (const s_file_t *self, size_t byte)
{
    size_t record = 0;
    while (byte >= self->at [record + 1])
        record++;
    return record;
}

static void
s_assert_cut (const s_file_t *self, size_t record)
{
    size_t read;
    uint64_t cut;
    assert_int_equal (s_read (self, true, &read, &cut), GRADMQ_OK);
    assert_int_equal (read, record);
    assert_int_equal (cut, self->size - self->at [record]);
    assert_int_equal (s_read (self, false, &read, &cut), GRADMQ_ERR_FORMAT);
}

static void
s_assert_refused (const s_file_t *self)
{
    size_t read;
    uint64_t cut;
    assert_int_equal (s_read (self, true, &read, &cut), GRADMQ_ERR_FORMAT);
    assert_int_equal (s_read (self, false, &read, &cut), GRADMQ_ERR_FORMAT);
}

static void
test_whole_file_is_read (void **state)
{
    (void) state;
    static s_file_t file;
    size_t read;
    uint64_t cut;
    s_make (&file);
    for (int last = 0; last < 2; last++) {
        assert_int_equal (s_read (&file, last, &read, &cut), GRADMQ_OK);
        assert_int_equal (read, file.count);
        assert_int_equal (cut, 0);
    }
    unlink (file.path);
}

//  A bit of each byte: what was synced is refused, and behind that, the mark too, it is cut off.
static void
test_flip_is_refused_where_it_was_synced_and_cut_elsewhere (void **state)
{
    (void) state;
    static s_file_t file;
    s_make (&file);
    for (size_t i = file.at [0]; i < file.size; i++) {
        file.bytes [i] ^= (uint8_t) (1u << i % 8);
        size_t record = s_record_of (&file, i);
        if (record < 2)
            s_assert_refused (&file);
        else
            s_assert_cut (&file, record);
        file.bytes [i] ^= (uint8_t) (1u << i % 8);
    }
    unlink (file.path);
}

//  Zeros from every place behind the mark to the end or to a later place.
static void
test_zeros_behind_what_was_synced_are_cut (void **state)
{
    (void) state;
    static s_file_t whole, file;
    s_make (&whole);
    for (size_t from = whole.at [2]; from < whole.size; from++)
        for (size_t to = from + 1; to <= whole.size; to += 7) {
            file = whole;
            memset (file.bytes + from, 0, to - from);
            size_t changed = from;
            while (changed < to && whole.bytes [changed] == 0)
                changed++;
            if (changed < to)
                s_assert_cut (&file, s_record_of (&file, changed));
        }
    unlink (whole.path);
}

//  Nothing of a journal that was begun came to the disk but its length.
static void
test_zeros_alone_are_no_record (void **state)
{
    (void) state;
    static s_file_t file;
    size_t read;
    uint64_t cut;
    s_make (&file);
    memset (file.bytes, 0, file.at [0]);
    s_assert_refused (&file);
    memset (file.bytes, 0, file.size);
    assert_int_equal (s_read (&file, true, &read, &cut), GRADMQ_OK);
    assert_int_equal (read, 0);
    assert_int_equal (cut, file.size);
    assert_int_equal (s_read (&file, false, &read, &cut), GRADMQ_ERR_FORMAT);
    file.bytes [5] = 1;
    s_assert_refused (&file);
    unlink (file.path);
}

//  The mark is found wherever it stands in what is read at a time.
static void
test_mark_is_found_far_behind (void **state)
{
    (void) state;
    static s_file_t file;
    for (size_t size = LOOK_BYTES - 120; size < LOOK_BYTES + 40; size++) {
        s_begin (&file);
        s_add (&file, GRADMQ_RECORD_GRADIENT, 1, size);
        s_add (&file, GRADMQ_RECORD_SYNCED, 1, SYNCED_BYTES);
        s_end (&file);
        file.bytes [file.at [0]] ^= 1;
        s_assert_refused (&file);
        file.bytes [file.at [1]] ^= 1;
        s_assert_cut (&file, 0);
        unlink (file.path);
    }
}

//  One that speaks of less, of itself, or whose sums do not hold, says nothing.
static void
test_mark_is_not_believed_beyond_what_it_says (void **state)
{
    (void) state;
    static s_file_t file;
    for (uint64_t through = 0; through < 5; through++) {
        s_begin (&file);
        s_add (&file, GRADMQ_RECORD_MEMBERS, 1, 8);
        s_add (&file, GRADMQ_RECORD_MEMBERS, 2, 8);
        s_add (&file, GRADMQ_RECORD_SYNCED, through, SYNCED_BYTES);
        s_end (&file);
        file.bytes [file.at [1]] ^= 1;
        if (through == 2)
            s_assert_refused (&file);
        else
            s_assert_cut (&file, 1);
        unlink (file.path);
    }
}

//  A gradient may have any octets, those of a SYNCED too; of this file it is not.
static void
test_mark_in_a_gradient_is_not_believed (void **state)
{
    (void) state;
    static s_file_t other, file;
    for (int forged = 0; forged < 2; forged++) {
        s_begin (&other);
        for (size_t i = 0; i < 4; i++)
            s_add (&other, GRADMQ_RECORD_MEMBERS, i, 8);
        s_add (&other, GRADMQ_RECORD_SYNCED, 3, SYNCED_BYTES);
        s_end (&other);
        unlink (other.path);
        s_begin (&file);
        s_add (&file, GRADMQ_RECORD_MEMBERS, 1, 8);
        s_add (&file, GRADMQ_RECORD_SYNCED, 1, SYNCED_BYTES);
        s_add (&file, GRADMQ_RECORD_GRADIENT, 3, 300);
        s_end (&file);
        uint8_t *mark = file.bytes + file.at [2] + 200;
        memcpy (mark, other.bytes + other.at [4], other.size - other.at [4]);
        if (forged) {
            uint8_t *body = mark + GRADMQ_RECORD_HEAD_BYTES;
            gradmq_put_u64 (body + 8, MARK + 1);
            gradmq_put_u32 (mark + GRADMQ_RECORD_AT_BODY_SUM, gradmq_crc32c (0, body, 16));
            gradmq_put_u32 (mark, gradmq_crc32c (0, mark + 4, GRADMQ_RECORD_HEAD_BYTES - 4));
            s_assert_cut (&file, 2);
        } else
            s_assert_refused (&file);  //  with the file's own mark it would be believed
        unlink (file.path);
    }
}

//  What says nothing of syncs where a journal does is spared nothing.
static void
test_file_without_marks_is_refused (void **state)
{
    (void) state;
    static s_file_t file;
    s_begin (&file);
    for (uint64_t i = 0; i < 7; i++)
        s_add (&file, GRADMQ_RECORD_MEMBERS, i, 8);
    s_end (&file);
    file.bytes [file.at [6]] ^= 1;
    s_assert_refused (&file);
    file.bytes [file.at [6]] ^= 1;
    file.bytes [file.at [5]] ^= 1;
    s_assert_refused (&file);
    file.bytes [file.at [5]] ^= 1;
    //  Before the place of the first one nobody knows; a journal that was begun ends there.
    file.bytes [file.at [4]] ^= 1;
    s_assert_cut (&file, 4);
    unlink (file.path);
}

//  Records that are one are there together, whatever of them is damaged.
static void
test_together_is_cut_as_one (void **state)
{
    (void) state;
    static s_file_t file;
    s_begin (&file);
    s_add (&file, GRADMQ_RECORD_MEMBERS, 1, 8);
    s_add (&file, GRADMQ_RECORD_TOGETHER, 2, 8);
    s_add (&file, GRADMQ_RECORD_SETTINGS, 3, 40);
    s_add (&file, GRADMQ_RECORD_MODEL, 4, 40);
    s_add (&file, GRADMQ_RECORD_MEMBERS, 5, 8);
    s_end (&file);
    for (size_t i = file.at [1]; i < file.at [4]; i++) {
        file.bytes [i] ^= 0x10;
        s_assert_cut (&file, 1);
        file.bytes [i] ^= 0x10;
    }
    unlink (file.path);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_whole_file_is_read),
        cmocka_unit_test (test_flip_is_refused_where_it_was_synced_and_cut_elsewhere),
        cmocka_unit_test (test_zeros_behind_what_was_synced_are_cut),
        cmocka_unit_test (test_zeros_alone_are_no_record),
        cmocka_unit_test (test_mark_is_found_far_behind),
        cmocka_unit_test (test_mark_is_not_believed_beyond_what_it_says),
        cmocka_unit_test (test_mark_in_a_gradient_is_not_believed),
        cmocka_unit_test (test_file_without_marks_is_refused),
        cmocka_unit_test (test_together_is_cut_as_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
