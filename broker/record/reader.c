#include "record/reader.h"

#include "checkpoint/file.h"
#include "core/bytes.h"
#include "core/crc32c.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_record_reader {
    gradmq_source_t source;
    char *path;
    uint64_t at;   //  of the next record's head
    uint64_t lsn;  //  of the newest record
    uint64_t cut;
    bool last;      //  what was not synced may be damaged
    bool marked;    //  a SYNCED was read ...
    uint64_t mark;  //  ... and each is known by this
    uint8_t *body;
    size_t room;
};

//  What a record's head says.
typedef struct {
    uint32_t body_sum, type;
    uint64_t lsn, length;
} s_head_t;

static gradmq_err_t
s_damaged (const gradmq_record_reader_t *self, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "%.200s: record %" PRIu64 " at byte %" PRIu64 " is damaged: %s",
                          self->source.name, self->lsn + 1, self->at, what);
}

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

//  --------------------------------------------------------------------------------------------
//  What was on the disk

//  A SYNCED has two numbers, and the first one of a journal stands behind the four records that it begins with.
enum {
    LOOK_BYTES = 16 << 10,
    SYNCED_BYTES = 16,
    MARK_BYTES = GRADMQ_RECORD_HEAD_BYTES + SYNCED_BYTES,
    FIRST_MARK = 5
};

//  A SYNCED that says of the record to be read that it was on the disk. Nobody who sends gradients can make
//  one, since nobody knows the file's mark.
static bool
s_is_mark (const gradmq_record_reader_t *self, const uint8_t *head)
{
    const uint8_t *summed = head + GRADMQ_RECORD_AT_BODY_SUM,
                  *body = head + GRADMQ_RECORD_HEAD_BYTES;
    if (gradmq_get_u32 (head + GRADMQ_RECORD_AT_TYPE) != GRADMQ_RECORD_SYNCED
        || gradmq_get_u64 (head + GRADMQ_RECORD_AT_LENGTH) != SYNCED_BYTES)
        return false;
    uint64_t through = gradmq_get_u64 (body);
    return gradmq_crc32c (0, summed, (size_t) (body - summed))
               == gradmq_get_u32 (head + GRADMQ_RECORD_AT_HEAD_SUM)
           && gradmq_crc32c (0, body, SYNCED_BYTES)
                  == gradmq_get_u32 (head + GRADMQ_RECORD_AT_BODY_SUM)
           && (!self->marked || gradmq_get_u64 (body + 8) == self->mark) && through > self->lsn
           && through < gradmq_get_u64 (head + GRADMQ_RECORD_AT_LSN);
}

//  Behind damage nobody knows where a record begins, so every place is looked at.
static gradmq_err_t
s_find_mark (const gradmq_record_reader_t *self, bool *found, gradmq_reason_t *reason)
{
    uint8_t bytes [LOOK_BYTES];
    *found = false;
    for (uint64_t at = self->at; !*found && self->source.size - at >= MARK_BYTES;) {
        uint64_t left = self->source.size - at;
        size_t count = left < LOOK_BYTES ? (size_t) left : LOOK_BYTES;
        gradmq_err_t err = gradmq_source_read (&self->source, at, bytes, count, reason);
        if (err)
            return err;
        for (size_t i = 0; i + MARK_BYTES <= count && !*found; i++)
            *found = s_is_mark (self, bytes + i);
        at += count - (MARK_BYTES - 1);
    }
    return GRADMQ_OK;
}

//  What went wrong with the next record, unless that is what a power cut may have left of one.
static gradmq_err_t
s_judge (const gradmq_record_reader_t *self, gradmq_err_t err, bool *whole, gradmq_reason_t *reason)
{
    gradmq_reason_t why = {0};
    bool synced = true;
    if (err != GRADMQ_ERR_FORMAT || !self->last)
        return err;
    gradmq_err_t failed = s_find_mark (self, &synced, &why);
    if (failed)
        return gradmq_refuse (reason, failed, "%s", why.text);
    if (synced)
        return err;
    if (reason)
        *reason = (gradmq_reason_t){0};
    *whole = false;
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Open and close

static gradmq_err_t
s_check_magic (gradmq_record_reader_t *self, gradmq_reason_t *reason)
{
    uint8_t magic [GRADMQ_RECORD_FILE_BYTES];
    const gradmq_source_t *source = &self->source;
    size_t kind = 4;  //  octets before the version
    if (source->size < sizeof magic)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s: has %" PRIu64 " bytes; a recording has at least %zu",
                              source->name, source->size, sizeof magic);
    gradmq_err_t err = gradmq_source_read (source, 0, magic, sizeof magic, reason);
    if (err)
        return err;
    if (self->last && !memcmp (magic, (uint8_t [sizeof magic]){0}, sizeof magic)) {
        bool synced;
        err = s_find_mark (self, &synced, reason);
        if (err || !synced)
            return err;
    }
    if (memcmp (magic, gradmq_record_magic, kind) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.200s: is not a recording",
                              source->name);
    if (magic [kind] != gradmq_record_magic [kind])
        return gradmq_refuse (reason, GRADMQ_ERR_VERSION,
                              "%.200s: is of version %u of the format; version %u is known here",
                              source->name, magic [kind], gradmq_record_magic [kind]);
    if (memcmp (magic, gradmq_record_magic, sizeof magic) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s: the file's first bytes are damaged", source->name);
    self->at = sizeof magic;
    return GRADMQ_OK;
}

static gradmq_err_t
s_open (gradmq_record_reader_t **self_p, const char *path, const void *bytes, size_t size,
        bool last, gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_record_reader_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (reason);
    self->source = (gradmq_source_t){.name = path, .size = size, .fd = -1, .bytes = bytes};
    self->last = last;
    self->path = strdup (path);
    gradmq_err_t err = self->path ? GRADMQ_OK : s_no_memory (reason);
    if (!err && !bytes)
        err = gradmq_source_open (&self->source, self->path, reason);
    self->source.name = self->path;
    if (!err)
        err = s_check_magic (self, reason);
    if (err)
        gradmq_record_reader_close (&self);
    *self_p = self;
    return err;
}

gradmq_err_t
gradmq_record_reader_open (gradmq_record_reader_t **self_p, const char *path, bool last,
                           gradmq_reason_t *reason)
{
    return s_open (self_p, path, NULL, 0, last, reason);
}

gradmq_err_t
gradmq_record_reader_open_bytes (gradmq_record_reader_t **self_p, const void *bytes, size_t size,
                                 gradmq_reason_t *reason)
{
    return s_open (self_p, "recording", bytes ? bytes : "", size, false, reason);
}

void
gradmq_record_reader_close (gradmq_record_reader_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_record_reader_t *self = *self_p;
    *self_p = NULL;
    gradmq_source_close (&self->source);
    free (self->body);
    free (self->path);
    free (self);
}

//  --------------------------------------------------------------------------------------------
//  Records

static gradmq_err_t
s_read_head (gradmq_record_reader_t *self, s_head_t *head, gradmq_reason_t *reason)
{
    uint8_t bytes [GRADMQ_RECORD_HEAD_BYTES];
    gradmq_err_t err = gradmq_source_read (&self->source, self->at, bytes, sizeof bytes, reason);
    if (err)
        return err;
    uint32_t sum = gradmq_crc32c (0, bytes + GRADMQ_RECORD_AT_BODY_SUM,
                                  sizeof bytes - GRADMQ_RECORD_AT_BODY_SUM);
    if (sum != gradmq_get_u32 (bytes + GRADMQ_RECORD_AT_HEAD_SUM))
        return s_damaged (self, "the checksum of its head is another", reason);
    *head = (s_head_t){.body_sum = gradmq_get_u32 (bytes + GRADMQ_RECORD_AT_BODY_SUM),
                       .type = gradmq_get_u32 (bytes + GRADMQ_RECORD_AT_TYPE),
                       .lsn = gradmq_get_u64 (bytes + GRADMQ_RECORD_AT_LSN),
                       .length = gradmq_get_u64 (bytes + GRADMQ_RECORD_AT_LENGTH)};
    if (head->lsn != self->lsn + 1)
        return s_damaged (self, "its number is not the next one, so that records are missing",
                          reason);
    return GRADMQ_OK;
}

//  Room for a body of a length that the file has.
static gradmq_err_t
s_make_room (gradmq_record_reader_t *self, uint64_t length, gradmq_reason_t *reason)
{
    if (self->body && length <= self->room)
        return GRADMQ_OK;
    free (self->body);
    self->room = 0;
    self->body = malloc (length ? (size_t) length : 1);
    if (!self->body)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY,
                              "no memory for record %" PRIu64 " of %" PRIu64 " bytes",
                              self->lsn + 1, length);
    self->room = (size_t) length;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_body (gradmq_record_reader_t *self, const s_head_t *head, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_make_room (self, head->length, reason);
    if (!err)
        err = gradmq_source_read (&self->source, self->at + GRADMQ_RECORD_HEAD_BYTES, self->body,
                                  head->length, reason);
    if (err)
        return err;
    if (gradmq_crc32c (0, self->body, (size_t) head->length) != head->body_sum)
        return s_damaged (self, "the checksum of its body is another", reason);
    if (gradmq_record_name (head->type) [0] == '?')
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "%.200s: record %" PRIu64 " is of type %" PRIu32
                              ", which is not known here; a newer version made it",
                              self->source.name, head->lsn, head->type);
    return GRADMQ_OK;
}

//  The same without a place for it.
static gradmq_err_t
s_check_body (const gradmq_record_reader_t *self, const s_head_t *head, gradmq_reason_t *reason)
{
    uint8_t bytes [LOOK_BYTES];
    uint32_t sum = 0;
    for (uint64_t done = 0; done < head->length;) {
        uint64_t left = head->length - done;
        size_t count = left < LOOK_BYTES ? (size_t) left : LOOK_BYTES;
        gradmq_err_t err = gradmq_source_read (
            &self->source, self->at + GRADMQ_RECORD_HEAD_BYTES + done, bytes, count, reason);
        if (err)
            return err;
        sum = gradmq_crc32c (sum, bytes, count);
        done += count;
    }
    return sum == head->body_sum ? GRADMQ_OK
                                 : s_damaged (self, "the checksum of its body is another", reason);
}

//  The head of the next record; *whole tells whether the file has all of it and of its body.
static gradmq_err_t
s_find (gradmq_record_reader_t *self, s_head_t *head, bool *whole, gradmq_reason_t *reason)
{
    uint64_t left = self->source.size - self->at;
    *whole = left >= GRADMQ_RECORD_HEAD_BYTES;
    gradmq_err_t err = *whole ? s_read_head (self, head, reason) : GRADMQ_OK;
    if (*whole && !err)
        *whole = head->length <= left - GRADMQ_RECORD_HEAD_BYTES;
    return err;
}

//  Where the first SYNCED should be is none: the file is no journal, or one that says nothing of syncs, and
//  nothing of it is spared.
static void
s_look_at_mark (gradmq_record_reader_t *self, const s_head_t *head)
{
    if (head->type == GRADMQ_RECORD_SYNCED && head->length == SYNCED_BYTES) {
        self->marked = true;
        self->mark = gradmq_get_u64 (self->body + 8);
    }
    if (head->lsn == FIRST_MARK && !self->marked)
        self->last = false;
}

static void
s_pass (gradmq_record_reader_t *self, const s_head_t *head)
{
    self->lsn = head->lsn;
    self->at += GRADMQ_RECORD_HEAD_BYTES + head->length;
}

//  How many records behind this one have to be there for it to be.
static uint64_t
s_together (const s_head_t *head, const uint8_t *body)
{
    if (head->type != GRADMQ_RECORD_TOGETHER || head->length != sizeof (uint64_t))
        return 0;
    uint64_t count = gradmq_get_u64 (body);
    return count <= GRADMQ_RECORDS_TOGETHER ? count : 0;
}

//  *whole tells whether the `count` records behind this one are there, as they were written.
static gradmq_err_t
s_look_ahead (gradmq_record_reader_t *self, s_head_t head, uint64_t count, bool *whole,
              gradmq_reason_t *reason)
{
    const uint64_t at = self->at, lsn = self->lsn;
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t i = 0; i < count && *whole && !err; i++) {
        s_pass (self, &head);
        err = s_find (self, &head, whole, reason);
        if (!err && *whole)
            err = s_check_body (self, &head, reason);
    }
    self->at = at;
    self->lsn = lsn;
    return err;
}

gradmq_err_t
gradmq_record_next (gradmq_record_reader_t *self, gradmq_record_t *record, gradmq_reason_t *reason)
{
    *record = (gradmq_record_t){.type = GRADMQ_RECORD_NONE};
    s_head_t head = {0};
    bool whole;
    gradmq_err_t err = s_find (self, &head, &whole, reason);
    if (!err && whole)
        err = s_read_body (self, &head, reason);
    if (!err && whole)
        err = s_look_ahead (self, head, s_together (&head, self->body), &whole, reason);
    err = s_judge (self, err, &whole, reason);
    if (err)
        return err;
    if (!whole) {
        self->cut = self->source.size - self->at;
        return GRADMQ_OK;
    }
    *record = (gradmq_record_t){.type = (gradmq_record_type_t) head.type,
                                .lsn = head.lsn,
                                .offset = self->at,
                                .body = self->body,
                                .size = (size_t) head.length};
    s_look_at_mark (self, &head);
    s_pass (self, &head);
    return GRADMQ_OK;
}

uint8_t *
gradmq_record_take (gradmq_record_reader_t *self)
{
    uint8_t *body = self->body;
    self->body = NULL;
    self->room = 0;
    return body;
}

uint64_t
gradmq_record_reader_cut (const gradmq_record_reader_t *self)
{
    return self->cut;
}
