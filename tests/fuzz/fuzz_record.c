//  Any bytes as a recording: it is played, or refused with a reason. The checksums of the records are
//  made right first, so that what they guard is reached. Then one byte is changed, as in a journal that a
//  power cut ended: what is read of it are records that were there.

#include "fuzz.h"

#include "core/bytes.h"
#include "core/crc32c.h"
#include "record/player.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

//  Seal every record whose length fits, as far as they follow each other.
static void
s_seal (uint8_t *bytes, size_t size)
{
    uint64_t lsn = 1;
    for (size_t at = GRADMQ_RECORD_FILE_BYTES; size - at >= GRADMQ_RECORD_HEAD_BYTES; lsn++) {
        uint8_t *head = bytes + at;
        uint64_t left = size - at - GRADMQ_RECORD_HEAD_BYTES;
        uint64_t length = gradmq_get_u64 (head + GRADMQ_RECORD_AT_LENGTH);
        if (length > left)
            gradmq_put_u64 (head + GRADMQ_RECORD_AT_LENGTH, length = left);
        gradmq_put_u64 (head + GRADMQ_RECORD_AT_LSN, lsn);
        gradmq_put_u32 (head + GRADMQ_RECORD_AT_BODY_SUM,
                        gradmq_crc32c (0, head + GRADMQ_RECORD_HEAD_BYTES, (size_t) length));
        gradmq_put_u32 (head, gradmq_crc32c (0, head + 4, GRADMQ_RECORD_HEAD_BYTES - 4));
        at += GRADMQ_RECORD_HEAD_BYTES + (size_t) length;
    }
}

static void
s_play (const uint8_t *bytes, size_t size)
{
    gradmq_record_reader_t *reader;
    gradmq_player_t *player;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_record_reader_open_bytes (&reader, bytes, size, &why);
    FUZZ_HOLDS (err ? !reader && why.code == err && why.text [0] : reader != NULL);
    if (err)
        return;
    FUZZ_HOLDS (gradmq_player_open (&player, &reader, NULL) == GRADMQ_OK);
    err = gradmq_player_run (player, UINT64_MAX, &why);
    FUZZ_HOLDS (!err || (why.code == err && why.text [0]));
    const gradmq_played_t *played = gradmq_player_played (player);
    FUZZ_HOLDS (played->records * GRADMQ_RECORD_HEAD_BYTES <= size && played->cut <= size);
    uint8_t digest [GRADMQ_SHA256_BYTES];
    gradmq_player_digest (player, digest);
    gradmq_player_close (&player);
}

//  Read on until the end or an error; how many bytes were records.
static size_t
s_read (gradmq_record_reader_t *reader, gradmq_err_t *err, gradmq_reason_t *why)
{
    gradmq_record_t record = {.type = GRADMQ_RECORD_END};
    size_t end = GRADMQ_RECORD_FILE_BYTES;
    while (!*err && record.type != GRADMQ_RECORD_NONE) {
        *err = gradmq_record_next (reader, &record, why);
        if (!*err && record.type != GRADMQ_RECORD_NONE)
            end = (size_t) record.offset + GRADMQ_RECORD_HEAD_BYTES + record.size;
    }
    return end;
}

static void
s_read_last (const uint8_t *bytes, size_t size, size_t damaged)
{
    char path [64];
    gradmq_record_reader_t *reader;
    gradmq_reason_t why = {0};
    int fd = memfd_create ("journal", MFD_CLOEXEC);
    FUZZ_HOLDS (fd >= 0 && write (fd, bytes, size) == (ssize_t) size);
    snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
    gradmq_err_t err = gradmq_record_reader_open (&reader, path, true, &why);
    FUZZ_HOLDS (err ? !reader && why.code == err && why.text [0] : reader != NULL);
    if (!err) {
        size_t end = s_read (reader, &err, &why);
        FUZZ_HOLDS (err ? why.code == err && why.text [0] : !why.code);
        FUZZ_HOLDS (end <= damaged || end == GRADMQ_RECORD_FILE_BYTES);
        FUZZ_HOLDS (err || gradmq_record_reader_cut (reader) == size - end);
    }
    gradmq_record_reader_close (&reader);
    close (fd);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    s_play (data, size);
    if (size < GRADMQ_RECORD_FILE_BYTES)
        return 0;
    uint8_t *bytes = malloc (size);
    if (!bytes)
        return 0;
    memcpy (bytes, data, size);
    memcpy (bytes, gradmq_record_magic, GRADMQ_RECORD_FILE_BYTES);
    s_seal (bytes, size);
    s_play (bytes, size);
    size_t damaged = gradmq_crc32c (0, data, size) % size;
    bytes [damaged] ^= 0x10;
    s_read_last (bytes, size, damaged);
    free (bytes);
    return 0;
}
