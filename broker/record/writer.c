#include "record/writer.h"

#include "core/bytes.h"
#include "core/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

struct gradmq_record_writer {
    FILE *file;
    char *path;
    char *buffer;
    uint64_t records, bytes;
};

static gradmq_err_t
s_failed (const char *path, const char *what, gradmq_reason_t *reason)
{
    if (errno == EEXIST)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%.200s is there already; choose another name or remove it", path);
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot %s: %s", path, what,
                          strerror (errno));
}

static gradmq_err_t
s_put (gradmq_record_writer_t *self, const void *bytes, size_t size, gradmq_reason_t *reason)
{
    if (size && fwrite (bytes, 1, size, self->file) != size)
        return s_failed (self->path, "write", reason);
    self->bytes += size;
    return GRADMQ_OK;
}

//  The file, empty, under a descriptor of its own.
static gradmq_err_t
s_create (gradmq_record_writer_t *self, gradmq_reason_t *reason)
{
    int fd = open (self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return s_failed (self->path, "create it", reason);
    self->file = fdopen (fd, "wb");
    if (!self->file) {
        close (fd);
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    }
    //  Without memory for it the system's own buffer serves as well.
    self->buffer = malloc (BUFFER_BYTES);
    (void) setvbuf (self->file, self->buffer, _IOFBF, self->buffer ? BUFFER_BYTES : BUFSIZ);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_record_writer_open (gradmq_record_writer_t **self_p, const char *path,
                           gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_record_writer_t *self = calloc (1, sizeof *self);
    if (!self || !(self->path = strdup (path))) {
        free (self);
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    }
    gradmq_err_t err = s_create (self, reason);
    if (!err)
        err = s_put (self, gradmq_record_magic, sizeof gradmq_record_magic, reason);
    if (err) {
        gradmq_err_t again = gradmq_record_writer_close (&self, NULL);
        (void) again;
        return err;
    }
    *self_p = self;
    return GRADMQ_OK;
}

static uint32_t
s_sum_body (const void *front, size_t size, const gradmq_payload_t *payload, uint64_t *length)
{
    uint32_t sum = gradmq_crc32c (0, front, size);
    *length = size;
    for (size_t i = 0; payload && i < payload->count; i++) {
        sum = gradmq_crc32c (sum, payload->frames [i].bytes, payload->frames [i].size);
        *length += payload->frames [i].size;
    }
    return sum;
}

gradmq_err_t
gradmq_record_write (gradmq_record_writer_t *self, gradmq_record_type_t type, const void *front,
                     size_t size, const gradmq_payload_t *payload, uint64_t *lsn,
                     gradmq_reason_t *reason)
{
    uint8_t head [GRADMQ_RECORD_HEAD_BYTES];
    uint64_t length;
    gradmq_put_u32 (head + GRADMQ_RECORD_AT_BODY_SUM, s_sum_body (front, size, payload, &length));
    gradmq_put_u64 (head + GRADMQ_RECORD_AT_LSN, self->records + 1);
    gradmq_put_u64 (head + GRADMQ_RECORD_AT_LENGTH, length);
    gradmq_put_u32 (head + GRADMQ_RECORD_AT_TYPE, type);
    gradmq_put_u32 (head + GRADMQ_RECORD_AT_HEAD_SUM,
                    gradmq_crc32c (0, head + GRADMQ_RECORD_AT_BODY_SUM,
                                   sizeof head - GRADMQ_RECORD_AT_BODY_SUM));
    gradmq_err_t err = s_put (self, head, sizeof head, reason);
    if (!err)
        err = s_put (self, front, size, reason);
    for (size_t i = 0; payload && i < payload->count && !err; i++)
        err = s_put (self, payload->frames [i].bytes, payload->frames [i].size, reason);
    if (err)
        return err;
    self->records++;
    if (lsn)
        *lsn = self->records;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_record_writer_flush (gradmq_record_writer_t *self, gradmq_reason_t *reason)
{
    return fflush (self->file) ? s_failed (self->path, "write", reason) : GRADMQ_OK;
}

gradmq_err_t
gradmq_record_writer_sync (gradmq_record_writer_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_record_writer_flush (self, reason);
    if (!err && fdatasync (fileno (self->file)))
        err = s_failed (self->path, "bring it to the disk", reason);
    return err;
}

gradmq_err_t
gradmq_record_writer_close (gradmq_record_writer_t **self_p, gradmq_reason_t *reason)
{
    gradmq_record_writer_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return GRADMQ_OK;
    gradmq_err_t err = GRADMQ_OK;
    //  What was lost by an earlier flush fclose does not tell again.
    bool lost = self->file && ferror (self->file);
    if (self->file && (fclose (self->file) || lost))
        err = s_failed (self->path, "write", reason);
    free (self->buffer);
    free (self->path);
    free (self);
    return err;
}

uint64_t
gradmq_record_writer_bytes (const gradmq_record_writer_t *self)
{
    return self->bytes;
}

uint64_t
gradmq_record_writer_records (const gradmq_record_writer_t *self)
{
    return self->records;
}
