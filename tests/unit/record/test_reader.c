//  Files of records: what is written is read back, and every damage is seen. schemas/RECORD.md,
//  sections 1 and 2.

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

//  The example of schemas/RECORD.md, section 2: MEMBERS 3, then END.
static const uint8_t s_example [] = {
    0x47, 0x4D, 0x51, 0xF2, 0x01, 0x00, 0x00, 0x00,  //
    0x49, 0x75, 0x1E, 0xB1, 0xE3, 0x35, 0x6C, 0x57, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00,  //
    0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                                      //
    0x81, 0x51, 0x1A, 0x67, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x00, 0x00, 0x00,
};

enum { FIRST_AT = 8, SECOND_AT = 8 + 28 + 8 };

typedef struct {
    char path [64];
} s_place_t;

static s_place_t
s_place (void)
{
    s_place_t self = {"/tmp/gradmq-record-XXXXXX"};
    int fd = mkstemp (self.path);
    assert_true (fd >= 0);
    close (fd);
    unlink (self.path);
    return self;
}

static size_t
s_file (const s_place_t *self, uint8_t *bytes, size_t room)
{
    FILE *file = fopen (self->path, "rb");
    assert_non_null (file);
    size_t size = fread (bytes, 1, room, file);
    fclose (file);
    return size;
}

//  Read all records of these bytes; *read counts them.
static gradmq_err_t
s_read (const uint8_t *bytes, size_t size, size_t *read, uint64_t *cut, gradmq_reason_t *why)
{
    gradmq_record_reader_t *reader;
    *read = 0;
    *cut = 0;
    gradmq_err_t err = gradmq_record_reader_open_bytes (&reader, bytes, size, why);
    if (err)
        return err;
    gradmq_record_t record = {.type = GRADMQ_RECORD_END};
    while (!err && record.type != GRADMQ_RECORD_NONE) {
        err = gradmq_record_next (reader, &record, why);
        *read += !err && record.type != GRADMQ_RECORD_NONE;
    }
    *cut = gradmq_record_reader_cut (reader);
    gradmq_record_reader_close (&reader);
    return err;
}

static void
test_write_makes_the_example_of_the_document (void **state)
{
    (void) state;
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    uint8_t number [8], file [sizeof s_example + 1];
    uint64_t lsn = 0;
    gradmq_put_u64 (number, 3);
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    assert_int_equal (
        gradmq_record_write (writer, GRADMQ_RECORD_MEMBERS, number, 8, NULL, &lsn, NULL),
        GRADMQ_OK);
    assert_int_equal (lsn, 1);
    assert_int_equal (gradmq_record_write (writer, GRADMQ_RECORD_END, NULL, 0, NULL, &lsn, NULL),
                      GRADMQ_OK);
    assert_int_equal (lsn, 2);
    assert_int_equal (gradmq_record_writer_bytes (writer), sizeof s_example);
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    assert_int_equal (s_file (&place, file, sizeof file), sizeof s_example);
    assert_memory_equal (file, s_example, sizeof s_example);
    unlink (place.path);
}

static void
test_body_of_front_and_frames_is_read_in_one_piece (void **state)
{
    (void) state;
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    gradmq_record_reader_t *reader;
    const gradmq_frame_t frames [] = {{(const uint8_t *) "cde", 3}, {(const uint8_t *) "f", 1}};
    const gradmq_payload_t payload = {frames, 2, 4};
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    assert_int_equal (
        gradmq_record_write (writer, GRADMQ_RECORD_BASE, "ab", 2, &payload, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_reader_open (&reader, place.path, false, NULL), GRADMQ_OK);
    gradmq_record_t record;
    assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
    assert_int_equal (record.type, GRADMQ_RECORD_BASE);
    assert_int_equal (record.lsn, 1);
    assert_int_equal (record.offset, FIRST_AT);
    assert_int_equal (record.size, 6);
    assert_memory_equal (record.body, "abcdef", 6);
    uint8_t *body = gradmq_record_take (reader);
    assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
    assert_int_equal (record.type, GRADMQ_RECORD_NONE);
    assert_memory_equal (body, "abcdef", 6);
    free (body);
    gradmq_record_reader_close (&reader);
    unlink (place.path);
}

//  Short frames are gathered and long ones are not: in any mixture the file has them in their order.
static void
test_frames_short_and_long_are_read_in_their_order (void **state)
{
    (void) state;
    static const size_t sizes [] = {1, 16383, 16384, 7, 0, 300000, 16383, 100000, 16385, 3};
    enum { FRAMES = sizeof sizes / sizeof sizes [0], RECORDS = 40, BYTES = 500000 };
    static uint8_t bytes [BYTES];
    gradmq_frame_t frames [FRAMES];
    gradmq_payload_t payload = {frames, FRAMES, 0};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (uint8_t) (i * 31 + i / 251);
    for (size_t i = 0; i < FRAMES; i++) {
        frames [i] = (gradmq_frame_t){bytes + payload.bytes, sizes [i]};
        payload.bytes += sizes [i];
    }
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    gradmq_record_reader_t *reader;
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    gradmq_record_writer_early (writer);
    for (size_t i = 0; i < RECORDS; i++) {
        payload.count = i % (FRAMES + 1);
        assert_int_equal (
            gradmq_record_write (writer, GRADMQ_RECORD_BASE, "ab", 2, &payload, NULL, NULL),
            GRADMQ_OK);
    }
    assert_int_equal (gradmq_record_writer_sync (writer, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_reader_open (&reader, place.path, false, NULL), GRADMQ_OK);
    gradmq_record_t record;
    for (size_t i = 0; i < RECORDS; i++) {
        size_t size = 2;
        for (size_t f = 0; f < i % (FRAMES + 1); f++)
            size += sizes [f];
        assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
        assert_int_equal (record.size, size);
        assert_memory_equal (record.body, "ab", 2);
        assert_memory_equal (record.body + 2, bytes, size - 2);
    }
    assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
    assert_int_equal (record.type, GRADMQ_RECORD_NONE);
    gradmq_record_reader_close (&reader);
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    unlink (place.path);
}

static void
test_writer_open_of_a_file_that_is_there_is_refused (void **state)
{
    (void) state;
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    gradmq_reason_t why = {0};
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, &why), GRADMQ_ERR_ARGUMENT);
    assert_null (writer);
    assert_non_null (strstr (why.text, "is there already"));
    unlink (place.path);
    assert_int_equal (gradmq_record_writer_open (&writer, "/nowhere/at/all", &why), GRADMQ_ERR_IO);
}

//  A disk that is full: /dev/full stands where the file's descriptor was, which is the lowest free one.
static void
test_write_that_fails_says_why (void **state)
{
    (void) state;
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    gradmq_reason_t why = {0};
    int full = open ("/dev/full", O_WRONLY), lowest = dup (full);
    assert_true (full >= 0 && lowest >= 0);
    close (lowest);
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    assert_int_equal (dup2 (full, lowest), lowest);
    assert_int_equal (gradmq_record_write (writer, GRADMQ_RECORD_END, NULL, 0, NULL, NULL, &why),
                      GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_flush (writer, &why), GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "No space left"));
    assert_int_equal (gradmq_record_write (writer, GRADMQ_RECORD_END, NULL, 0, NULL, NULL, &why),
                      GRADMQ_OK);
    assert_int_equal (gradmq_record_writer_sync (writer, &why), GRADMQ_ERR_IO);
    assert_non_null (strstr (why.text, "failed before"));
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_ERR_IO);
    assert_null (writer);
    close (full);
    unlink (place.path);
}

static void
test_example_is_read (void **state)
{
    (void) state;
    size_t read;
    uint64_t cut;
    assert_int_equal (s_read (s_example, sizeof s_example, &read, &cut, NULL), GRADMQ_OK);
    assert_int_equal (read, 2);
    assert_int_equal (cut, 0);
}

//  A file that was cut off at any place is read up to its last whole record.
static void
test_truncation_at_every_byte_cuts_the_last_record (void **state)
{
    (void) state;
    for (size_t size = 0; size < sizeof s_example; size++) {
        size_t read;
        uint64_t cut;
        gradmq_reason_t why = {0};
        uint8_t *bytes = malloc (size ? size : 1);
        memcpy (bytes, s_example, size);
        gradmq_err_t err = s_read (bytes, size, &read, &cut, &why);
        free (bytes);
        if (size < FIRST_AT) {
            assert_int_equal (err, GRADMQ_ERR_FORMAT);
            continue;
        }
        assert_int_equal (err, GRADMQ_OK);
        assert_int_equal (read, size >= SECOND_AT);
        assert_int_equal (cut, size - (size >= SECOND_AT ? SECOND_AT : FIRST_AT));
    }
}

//  A record, and three that belong together; where each ends.
static size_t
s_group (uint8_t *bytes, size_t room, size_t ends [5])
{
    static const struct {
        gradmq_record_type_t type;
        size_t size;
    } rows [] = {{GRADMQ_RECORD_MEMBERS, 8},
                 {GRADMQ_RECORD_TOGETHER, 8},
                 {GRADMQ_RECORD_SETTINGS, 3},
                 {GRADMQ_RECORD_DROP, 0},
                 {GRADMQ_RECORD_STATE, 5}};
    const uint8_t body [8] = {3};
    s_place_t place = s_place ();
    gradmq_record_writer_t *writer;
    assert_int_equal (gradmq_record_writer_open (&writer, place.path, NULL), GRADMQ_OK);
    size_t end = FIRST_AT;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal (
            gradmq_record_write (writer, rows [i].type, body, rows [i].size, NULL, NULL, NULL),
            GRADMQ_OK);
        ends [i] = end += GRADMQ_RECORD_HEAD_BYTES + rows [i].size;
    }
    assert_int_equal (gradmq_record_writer_close (&writer, NULL), GRADMQ_OK);
    assert_int_equal (s_file (&place, bytes, room), end);
    unlink (place.path);
    return end;
}

static void
test_truncation_at_every_byte_cuts_records_that_belong_together (void **state)
{
    (void) state;
    uint8_t bytes [256];
    size_t ends [5], end = s_group (bytes, sizeof bytes, ends);
    for (size_t size = ends [0]; size <= end; size++) {
        size_t read;
        uint64_t cut;
        uint8_t *copy = malloc (size);
        memcpy (copy, bytes, size);
        assert_int_equal (s_read (copy, size, &read, &cut, NULL), GRADMQ_OK);
        free (copy);
        assert_int_equal (read, size < end ? 1 : 5);
        assert_int_equal (cut, size < end ? size - ends [0] : 0);
    }
}

//  A length that was changed is damage, and not the end of what belongs together.
static void
test_damage_in_records_that_belong_together_is_refused (void **state)
{
    (void) state;
    uint8_t bytes [256];
    size_t ends [5], end = s_group (bytes, sizeof bytes, ends);
    for (size_t at = ends [0]; at < end; at++) {
        size_t read;
        uint64_t cut;
        bytes [at] ^= 0x80;
        assert_int_equal (s_read (bytes, end, &read, &cut, NULL), GRADMQ_ERR_FORMAT);
        bytes [at] ^= 0x80;
    }
}

//  Every flipped bit is found, and the record named in which it is.
static void
test_flip_of_every_bit_is_refused (void **state)
{
    (void) state;
    for (size_t bit = 0; bit < 8 * sizeof s_example; bit++) {
        size_t read, at = bit / 8;
        uint64_t cut;
        uint8_t bytes [sizeof s_example];
        gradmq_reason_t why = {0};
        memcpy (bytes, s_example, sizeof bytes);
        bytes [at] ^= (uint8_t) (1u << bit % 8);
        gradmq_err_t err = s_read (bytes, sizeof bytes, &read, &cut, &why);
        assert_int_equal (err, at == 4 ? GRADMQ_ERR_VERSION : GRADMQ_ERR_FORMAT);
        assert_int_equal (read, at >= SECOND_AT);
        assert_int_equal (cut, 0);
        if (at < FIRST_AT)
            continue;
        const char *where = at < SECOND_AT ? "record 1 at byte 8 " : "record 2 at byte 44 ";
        assert_non_null (strstr (why.text, where));
    }
}

//  Checksums alone do not make a record.
static void
s_seal (uint8_t *bytes, size_t at)
{
    gradmq_put_u32 (bytes + at, gradmq_crc32c (0, bytes + at + 4, GRADMQ_RECORD_HEAD_BYTES - 4));
}

static void
test_record_whose_number_is_not_the_next_is_refused (void **state)
{
    (void) state;
    size_t read;
    uint64_t cut;
    gradmq_reason_t why = {0};
    uint8_t bytes [sizeof s_example];
    memcpy (bytes, s_example, sizeof bytes);
    gradmq_put_u64 (bytes + SECOND_AT + GRADMQ_RECORD_AT_LSN, 3);
    s_seal (bytes, SECOND_AT);
    assert_int_equal (s_read (bytes, sizeof bytes, &read, &cut, &why), GRADMQ_ERR_FORMAT);
    assert_non_null (strstr (why.text, "missing"));
}

static void
test_record_of_an_unknown_type_is_refused (void **state)
{
    (void) state;
    size_t read;
    uint64_t cut;
    gradmq_reason_t why = {0};
    uint8_t bytes [sizeof s_example];
    const uint32_t types [] = {0, 22, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        memcpy (bytes, s_example, sizeof bytes);
        gradmq_put_u32 (bytes + SECOND_AT + GRADMQ_RECORD_AT_TYPE, types [i]);
        s_seal (bytes, SECOND_AT);
        assert_int_equal (s_read (bytes, sizeof bytes, &read, &cut, &why), GRADMQ_ERR_UNSUPPORTED);
        assert_int_equal (read, 1);
    }
}

//  A length beyond the file is that of a record which was cut off, whatever it says.
static void
test_length_is_not_believed (void **state)
{
    (void) state;
    size_t read;
    uint64_t cut;
    uint8_t bytes [sizeof s_example];
    const uint64_t lengths [] = {1, 1ull << 40, UINT64_MAX, UINT64_MAX - 27};
    for (size_t i = 0; i < 4; i++) {
        memcpy (bytes, s_example, sizeof bytes);
        gradmq_put_u64 (bytes + SECOND_AT + GRADMQ_RECORD_AT_LENGTH, lengths [i]);
        s_seal (bytes, SECOND_AT);
        assert_int_equal (s_read (bytes, sizeof bytes, &read, &cut, NULL), GRADMQ_OK);
        assert_int_equal (read, 1);
        assert_int_equal (cut, sizeof bytes - SECOND_AT);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_write_makes_the_example_of_the_document),
        cmocka_unit_test (test_body_of_front_and_frames_is_read_in_one_piece),
        cmocka_unit_test (test_frames_short_and_long_are_read_in_their_order),
        cmocka_unit_test (test_writer_open_of_a_file_that_is_there_is_refused),
        cmocka_unit_test (test_write_that_fails_says_why),
        cmocka_unit_test (test_example_is_read),
        cmocka_unit_test (test_truncation_at_every_byte_cuts_the_last_record),
        cmocka_unit_test (test_truncation_at_every_byte_cuts_records_that_belong_together),
        cmocka_unit_test (test_damage_in_records_that_belong_together_is_refused),
        cmocka_unit_test (test_flip_of_every_bit_is_refused),
        cmocka_unit_test (test_record_whose_number_is_not_the_next_is_refused),
        cmocka_unit_test (test_record_of_an_unknown_type_is_refused),
        cmocka_unit_test (test_length_is_not_believed),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
