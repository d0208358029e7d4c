#include "record/writer.h"

#include "checkpoint/file.h"
#include "core/bytes.h"
#include "core/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 256 << 10,
    COPIED_BYTES = 16 << 10  //  what is as long or longer goes to the system from where it lies
};

struct gradmq_record_writer {
    int fd;
    char *path;
    uint8_t *buffer;
    size_t used;
    bool early;
    bool lost;  //  a write has failed
    uint64_t records, bytes;
    uint64_t written;  //  handed to the system ...
    uint64_t begun;    //  ... and of that, what the disk was told to begin with
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
s_lost (gradmq_record_writer_t *self, const char *what, gradmq_reason_t *reason)
{
    self->lost = true;
    return s_failed (self->path, what, reason);
}

//  ------------------------------------------------------------------------------------------------
//  To the system

static void
s_skip (struct iovec pieces [2], size_t written)
{
    for (size_t i = 0; i < 2; i++) {
        size_t part = written < pieces [i].iov_len ? written : pieces [i].iov_len;
        pieces [i].iov_base = (uint8_t *) pieces [i].iov_base + part;
        pieces [i].iov_len -= part;
        written -= part;
    }
}

//  What is in the buffer, and `bytes` behind it.
static gradmq_err_t
s_write (gradmq_record_writer_t *self, const void *bytes, size_t size, gradmq_reason_t *reason)
{
    struct iovec pieces [2] = {{self->buffer, self->used}, {(void *) (uintptr_t) bytes, size}};
    while (!self->lost && (pieces [0].iov_len || pieces [1].iov_len)) {
        ssize_t written = writev (self->fd, pieces, 2);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return s_lost (self, "write", reason);
        self->written += (uint64_t) written;
        s_skip (pieces, (size_t) written);
    }
    if (self->lost)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: writing it has failed before",
                              self->path);
    self->used = 0;
    if (self->early && gradmq_file_begin_early (self->fd, &self->begun, self->written))
        return s_lost (self, "write", reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_put (gradmq_record_writer_t *self, const void *bytes, size_t size, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    self->bytes += size;
    if (size >= COPIED_BYTES)
        return s_write (self, bytes, size, reason);
    if (size > BUFFER_BYTES - self->used)
        err = s_write (self, NULL, 0, reason);
    if (!err && size) {
        memcpy (self->buffer + self->used, bytes, size);
        self->used += size;
    }
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  Open, append, close

gradmq_err_t
gradmq_record_writer_open (gradmq_record_writer_t **self_p, const char *path,
                           gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_record_writer_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->fd = -1;
    self->path = strdup (path);
    self->buffer = malloc (BUFFER_BYTES);
    gradmq_err_t err = self->path && self->buffer
                           ? GRADMQ_OK
                           : gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    if (!err) {
        self->fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (self->fd < 0)
            err = s_failed (path, "create it", reason);
    }
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

void
gradmq_record_writer_early (gradmq_record_writer_t *self)
{
    self->early = true;
}

gradmq_err_t
gradmq_record_writer_flush (gradmq_record_writer_t *self, gradmq_reason_t *reason)
{
    return s_write (self, NULL, 0, reason);
}

gradmq_err_t
gradmq_record_writer_sync (gradmq_record_writer_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_record_writer_flush (self, reason);
    if (!err && fdatasync (self->fd))
        err = s_lost (self, "bring it to the disk", reason);
    self->begun = self->written;
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
    if (self->fd >= 0) {
        err = gradmq_record_writer_flush (self, reason);
        if (close (self->fd) && !err)
            err = s_failed (self->path, "write", reason);
    }
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
