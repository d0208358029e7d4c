//  What a folder has is damaged: nothing is begun and nothing is changed, or what is whole is gone on from.

#include "core/bytes.h"
#include "fixture/past.h"
#include "record/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { AT_MAJOR = 4 };  //  octet of a file that tells its version

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

//  The folder as it was when the journal of this number was the newest; 1: before there was a model.
static void
s_as_of (folder_t *folder, const s_fixture_t *self, uint64_t serial)
{
    if (serial < PAST_FIRST) {
        folder_copy (folder, &self->past->young);
        return;
    }
    folder_copy (folder, &self->past->folder);
    for (uint64_t later = serial + 1; later <= PAST_LAST; later++) {
        folder_drop (folder, folder_checkpoint (folder, later));
        folder_drop (folder, folder_journal (folder, later));
    }
}

//  It does not open, and says which file it is about.
static gradmq_err_t
s_refused (const s_fixture_t *self, const char *file)
{
    const gradmq_coordinator_options_t options = {.state = self->path};
    gradmq_coordinator_t *coordinator;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_coordinator_open (&coordinator, &options, &why);
    assert_null (coordinator);
    assert_int_equal (why.code, err);
    if (!strstr (why.text, file))
        fail_msg ("\"%s\" does not name %s", why.text, file);
    return err;
}

static void
s_assert_refused (const s_fixture_t *self, const folder_t *folder, const char *file)
{
    gradmq_err_t err = s_refused (self, file);
    assert_int_equal (err, GRADMQ_ERR_DAMAGED);
    assert_true (folder_is (folder, self->path));
}

//  --------------------------------------------------------------------------------------------
//  The newest journal

//  Where its last SYNCED begins, before which everything was on the disk.
static size_t
s_synced (const folder_file_t *journal)
{
    size_t at = 0;
    gradmq_record_reader_t *reader;
    gradmq_record_t record;
    assert_int_equal (
        gradmq_record_reader_open_bytes (&reader, journal->bytes, journal->size, NULL), GRADMQ_OK);
    do {
        assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
        at = record.type == GRADMQ_RECORD_SYNCED ? (size_t) record.offset : at;
    } while (record.type != GRADMQ_RECORD_NONE);
    gradmq_record_reader_close (&reader);
    return at;
}

//  Each byte in turn, one bit of it or all of them.
static void
s_flip_all (s_fixture_t *self, uint64_t serial)
{
    static const uint8_t patterns [] = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff};
    folder_t folder;
    s_as_of (&folder, self, serial);
    folder_write (&folder, self->path);
    folder_file_t *journal = folder_journal (&folder, serial);
    const size_t synced = s_synced (journal);
    assert_true (synced > GRADMQ_RECORD_FILE_BYTES);
    for (size_t i = 0; i < synced; i++) {
        const uint8_t pattern = patterns [i % sizeof patterns];
        journal->bytes [i] ^= pattern;
        folder_write_file (journal, journal->size, self->path);
        gradmq_err_t err = s_refused (self, journal->name);
        if (i == AT_MAJOR)
            assert_int_equal (err, GRADMQ_ERR_VERSION);
        else
            assert_int_equal (err, GRADMQ_ERR_DAMAGED);
        assert_true (folder_is (&folder, self->path));
        journal->bytes [i] ^= pattern;
    }
    folder_clear (&folder);
}

static void
test_open_any_synced_byte_of_the_newest_journal_changed_is_refused (void **state)
{
    for (uint64_t serial = 1; serial <= PAST_LAST; serial++)
        s_flip_all (*state, serial);
}

//  What is to be expected of the first bytes of a journal.
typedef struct {
    bool begun;   //  it has its CONTINUES
    size_t size;  //  of its whole records
    uint64_t epoch, version;
} s_expected_t;

static void
s_look_at_record (s_expected_t *self, const gradmq_record_t *record)
{
    const uint8_t *body = record->body;
    self->size = (size_t) record->offset + GRADMQ_RECORD_HEAD_BYTES + record->size;
    self->begun |= record->type == GRADMQ_RECORD_CONTINUES;
    if (record->type == GRADMQ_RECORD_CONTINUES || record->type == GRADMQ_RECORD_MODEL) {
        size_t at = record->type == GRADMQ_RECORD_MODEL ? 0 : 24;
        self->epoch = gradmq_get_u64 (body + at);
        self->version = gradmq_get_u64 (body + at + 8);
    } else if (record->type == GRADMQ_RECORD_EPOCH) {
        self->epoch = gradmq_get_u64 (body);
        self->version = 0;
    } else if (record->type == GRADMQ_RECORD_GRADIENT || record->type == GRADMQ_RECORD_STEP)
        self->version = gradmq_get_u64 (body);
}

static s_expected_t
s_expect (const folder_file_t *journal, size_t size)
{
    s_expected_t expected = {.size = GRADMQ_RECORD_FILE_BYTES};
    gradmq_record_reader_t *reader;
    gradmq_record_t record;
    if (size < GRADMQ_RECORD_FILE_BYTES)
        return (s_expected_t){0};
    assert_int_equal (gradmq_record_reader_open_bytes (&reader, journal->bytes, size, NULL),
                      GRADMQ_OK);
    for (;;) {
        assert_int_equal (gradmq_record_next (reader, &record, NULL), GRADMQ_OK);
        if (record.type == GRADMQ_RECORD_NONE)
            break;
        s_look_at_record (&expected, &record);
    }
    gradmq_record_reader_close (&reader);
    return expected;
}

//  What there is of journal `serial` is whole records now, and nothing else that there was has changed.
static void
s_assert_cut (const s_fixture_t *self, const folder_t *before, uint64_t serial,
              const s_expected_t *expected)
{
    folder_t now;
    folder_read (&now, self->path);
    for (size_t i = 0; i < before->count; i++) {
        const folder_file_t *old = &before->files [i];
        for (size_t k = 0; k < now.count; k++)
            if (strcmp (now.files [k].name, old->name) == 0
                && old != folder_journal ((folder_t *) before, serial)) {
                assert_int_equal (now.files [k].size, old->size);
                assert_memory_equal (now.files [k].bytes, old->bytes, old->size);
            }
    }
    const folder_file_t *cut = folder_journal (&now, serial);
    if (expected->begun) {
        assert_non_null (cut);
        assert_int_equal (cut->size, expected->size);
        assert_memory_equal (cut->bytes, folder_journal ((folder_t *) before, serial)->bytes,
                             cut->size);
    }
    folder_clear (&now);
}

//  One journal of which so many bytes are there: it opens where the last whole record of them led to.
//    `zeros`  that follow, in place of what does
static void
s_cut (const s_fixture_t *self, folder_t *folder, uint64_t serial, size_t size, size_t zeros)
{
    const folder_file_t *journal = folder_journal (folder, serial);
    while (zeros && size < journal->size && journal->bytes [size] == 0)
        size++, zeros--;
    const s_expected_t expected = s_expect (journal, size);
    folder_file_t cut = *journal;
    cut.bytes = calloc (1, size + zeros + 1);
    memcpy (cut.bytes, journal->bytes, size);
    folder_write (folder, self->path);
    folder_write_file (&cut, size + zeros, self->path);
    free (cut.bytes);
    //  A journal has begun before the checkpoint of its number is there.
    if (!expected.begun && folder_checkpoint (folder, serial)) {
        assert_int_equal (s_refused (self, folder_journal (folder, serial)->name),
                          GRADMQ_ERR_DAMAGED);
        return;
    }
    gradmq_coordinator_t *coordinator = past_open (self->path);
    gradmq_coordinator_status_t status;
    assert_int_equal (gradmq_coordinator_status (coordinator, &status, NULL), GRADMQ_OK);
    if (expected.begun) {
        assert_int_equal (status.epoch, expected.epoch);
        assert_int_equal (status.version, expected.version);
    }
    if (status.epoch) {
        past_point_t point = past_where (coordinator);
        past_assert_point (self->past, &point);
    }
    gradmq_coordinator_destroy (&coordinator);
    s_assert_cut (self, folder, serial, &expected);
}

static void
test_open_the_newest_journal_cut_anywhere_goes_on_from_its_last_whole_record (void **state)
{
    const s_fixture_t *self = *state;
    for (uint64_t serial = 1; serial <= PAST_LAST; serial++) {
        folder_t folder;
        s_as_of (&folder, self, serial);
        const folder_file_t *journal = folder_journal (&folder, serial);
        for (size_t i = 0; i <= journal->size; i++) {
            //  Far from both ends of a record one place is as good as another.
            const size_t into = i - s_expect (journal, i).size;
            if (into <= 1 || into % 32 == GRADMQ_RECORD_HEAD_BYTES % 32 || i % 8 == 0)
                s_cut (self, &folder, serial, i, 0);
        }
        folder_clear (&folder);
    }
}

//  A power cut may leave the new length with nothing in it.
static void
test_open_the_newest_journal_with_zeros_behind_what_was_synced_goes_on_from_there (void **state)
{
    const s_fixture_t *self = *state;
    for (uint64_t serial = 1; serial <= PAST_LAST; serial++) {
        folder_t folder;
        s_as_of (&folder, self, serial);
        const folder_file_t *journal = folder_journal (&folder, serial);
        const size_t synced = s_synced (journal);
        for (size_t i = synced; i <= journal->size; i++)
            s_cut (self, &folder, serial, i, journal->size - i + 60);
        //  It was begun, and nothing of it came to the disk.
        if (!folder_checkpoint (&folder, serial))
            for (size_t i = 0; i <= GRADMQ_RECORD_FILE_BYTES; i += GRADMQ_RECORD_FILE_BYTES)
                s_cut (self, &folder, serial, i, 300);
        folder_clear (&folder);
    }
}

//  --------------------------------------------------------------------------------------------
//  A journal in the middle, or none

//  Without the newer checkpoints all journals from the second one on are needed.
static void
s_long_way (folder_t *folder, const s_fixture_t *self)
{
    folder_copy (folder, &self->past->folder);
    folder_drop (folder, folder_checkpoint (folder, 3));
    folder_drop (folder, folder_checkpoint (folder, 4));
}

static void
test_open_by_the_older_checkpoint_comes_to_the_same_place (void **state)
{
    const s_fixture_t *self = *state;
    folder_t folder;
    s_long_way (&folder, self);
    folder_write (&folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_point_t there = past_where (coordinator), here = past_where (self->past->coordinator);
    assert_int_equal (there.epoch, here.epoch);
    assert_int_equal (there.version, here.version);
    assert_memory_equal (there.parameters, here.parameters, sizeof here.parameters);
    gradmq_coordinator_destroy (&coordinator);
    folder_clear (&folder);
}

static void
test_open_a_middle_journal_cut_anywhere_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    for (uint64_t serial = PAST_FIRST; serial < PAST_LAST; serial++) {
        folder_t folder;
        s_long_way (&folder, self);
        folder_file_t *journal = folder_journal (&folder, serial);
        folder_write (&folder, self->path);
        while (journal->size-- > 0) {
            folder_write_file (journal, journal->size, self->path);
            s_assert_refused (self, &folder, "journal-");
        }
        folder_clear (&folder);
    }
}

//  What was acknowledged after the newest checkpoint was in its journal.
static void
test_open_without_the_journal_of_the_newest_checkpoint_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    for (uint64_t serial = PAST_FIRST; serial <= PAST_LAST; serial++) {
        folder_t folder;
        char name [40];
        snprintf (name, sizeof name, "checkpoint %llu", (unsigned long long) serial);
        s_as_of (&folder, self, serial);
        folder_drop (&folder, folder_journal (&folder, serial));
        folder_write (&folder, self->path);
        s_assert_refused (self, &folder, name);
        folder_clear (&folder);
    }
}

static void
test_open_a_middle_journal_missing_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    for (uint64_t serial = PAST_FIRST; serial < PAST_LAST; serial++) {
        folder_t folder;
        s_long_way (&folder, self);
        folder_drop (&folder, folder_journal (&folder, serial));
        folder_write (&folder, self->path);
        s_assert_refused (self, &folder, "journal-");
        folder_clear (&folder);
    }
}

//  Damage the checkpoint of this number, here and there.
static void
s_spoil (folder_t *folder, uint64_t serial, size_t where)
{
    folder_file_t *file = folder_checkpoint (folder, serial);
    file->bytes [file->size * where / 8] ^= 0x10;
}

static void
test_open_a_damaged_checkpoint_is_passed_over_when_journals_lead_past_it (void **state)
{
    const s_fixture_t *self = *state;
    past_point_t here = past_where (self->past->coordinator);
    for (size_t where = 0; where < 8; where++) {
        folder_t folder;
        folder_copy (&folder, &self->past->folder);
        s_spoil (&folder, PAST_LAST, where);
        folder_write (&folder, self->path);
        gradmq_coordinator_t *coordinator = past_open (self->path);
        past_point_t there = past_where (coordinator);
        assert_int_equal (there.epoch, here.epoch);
        assert_int_equal (there.version, here.version);
        assert_memory_equal (there.parameters, here.parameters, sizeof here.parameters);
        gradmq_coordinator_destroy (&coordinator);
        folder_clear (&folder);
    }
}

static void
test_open_a_damaged_checkpoint_that_no_journal_leads_past_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    folder_t folder;
    for (size_t where = 0; where < 8; where++) {
        s_as_of (&folder, self, PAST_LAST);
        s_spoil (&folder, PAST_LAST, where);
        folder_drop (&folder, folder_journal (&folder, PAST_LAST));
        folder_write (&folder, self->path);
        s_assert_refused (self, &folder, folder_checkpoint (&folder, PAST_LAST)->name);
        folder_clear (&folder);
    }
}

//  No checkpoint is whole, and the journals go on from one.
static void
test_open_without_a_whole_checkpoint_is_refused (void **state)
{
    const s_fixture_t *self = *state;
    folder_t folder;
    folder_copy (&folder, &self->past->folder);
    for (uint64_t serial = PAST_FIRST; serial <= PAST_LAST; serial++)
        s_spoil (&folder, serial, (size_t) serial);
    folder_write (&folder, self->path);
    s_assert_refused (self, &folder, "journal-");
    folder_clear (&folder);
}

static uint64_t
s_newest_checkpoint (folder_t *folder)
{
    uint64_t serial = 100;
    while (!folder_checkpoint (folder, serial))
        serial--;
    return serial;
}

//  The level checkpoint has nothing but checkpoints: the one before is better than nothing.
static void
test_open_with_checkpoint_a_damaged_one_is_passed_over (void **state)
{
    const s_fixture_t *self = *state;
    folder_write (&self->past->folder, self->path);
    gradmq_coordinator_t *coordinator = past_open (self->path);
    past_set (coordinator, "durability", "checkpoint");
    past_point_t kept = past_where (coordinator);
    gradmq_coordinator_destroy (&coordinator);
    folder_t folder;
    folder_read (&folder, self->path);
    const uint64_t before = s_newest_checkpoint (&folder);
    folder_clear (&folder);
    coordinator = past_open (self->path);
    past_step (coordinator, 4);
    gradmq_coordinator_destroy (&coordinator);
    folder_read (&folder, self->path);
    const uint64_t newest = s_newest_checkpoint (&folder);
    //  Those between, which were written before the step or after it, as it happened.
    for (uint64_t serial = before + 1; serial < newest; serial++)
        if (folder_checkpoint (&folder, serial))
            folder_drop (&folder, folder_checkpoint (&folder, serial));
    s_spoil (&folder, newest, 7);
    folder_write (&folder, self->path);
    coordinator = past_open (self->path);
    past_point_t now = past_where (coordinator);
    assert_true (now.epoch > kept.epoch);
    assert_memory_equal (now.parameters, kept.parameters, sizeof now.parameters);
    gradmq_coordinator_destroy (&coordinator);
    folder_clear (&folder);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_open_any_synced_byte_of_the_newest_journal_changed_is_refused),
        cmocka_unit_test (
            test_open_the_newest_journal_cut_anywhere_goes_on_from_its_last_whole_record),
        cmocka_unit_test (
            test_open_the_newest_journal_with_zeros_behind_what_was_synced_goes_on_from_there),
        cmocka_unit_test (test_open_by_the_older_checkpoint_comes_to_the_same_place),
        cmocka_unit_test (test_open_a_middle_journal_cut_anywhere_is_refused),
        cmocka_unit_test (test_open_without_the_journal_of_the_newest_checkpoint_is_refused),
        cmocka_unit_test (test_open_a_middle_journal_missing_is_refused),
        cmocka_unit_test (test_open_a_damaged_checkpoint_is_passed_over_when_journals_lead_past_it),
        cmocka_unit_test (test_open_a_damaged_checkpoint_that_no_journal_leads_past_is_refused),
        cmocka_unit_test (test_open_without_a_whole_checkpoint_is_refused),
        cmocka_unit_test (test_open_with_checkpoint_a_damaged_one_is_passed_over),
    };
    return cmocka_run_group_tests (tests, s_set_up, s_tear_down);
}
