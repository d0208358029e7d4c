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
        gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_record_reader_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (reason);
    self->source = (gradmq_source_t){.name = path, .size = size, .fd = -1, .bytes = bytes};
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
gradmq_record_reader_open (gradmq_record_reader_t **self_p, const char *path,
                           gradmq_reason_t *reason)
{
    return s_open (self_p, path, NULL, 0, reason);
}

gradmq_err_t
gradmq_record_reader_open_bytes (gradmq_record_reader_t **self_p, const void *bytes, size_t size,
                                 gradmq_reason_t *reason)
{
    return s_open (self_p, "recording", bytes ? bytes : "", size, reason);
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

//  *whole tells whether the `count` records behind this one are there.
static gradmq_err_t
s_look_ahead (gradmq_record_reader_t *self, s_head_t head, uint64_t count, bool *whole,
              gradmq_reason_t *reason)
{
    const uint64_t at = self->at, lsn = self->lsn;
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t i = 0; i < count && *whole && !err; i++) {
        s_pass (self, &head);
        err = s_find (self, &head, whole, reason);
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
