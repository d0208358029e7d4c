#include "checkpoint/file.h"

#include "core/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

//  A temporary file: this, 16 digits, that.
#define S_TEMPORARY ".gradmq-"
#define S_TEMPORARY_END ".tmp"

//  The most that one call reads; the most that one call writes; and the disk is told to begin each time
//  that so much more was written.
enum { PIECE_BYTES = 1 << 30, WRITE_BYTES = 4 << 20, EARLY_BYTES = 2 << 20 };

struct gradmq_new_file {
    int fd;
    uint64_t written, begun;
    char *path;
    char *folder;     //  of path
    char *temporary;  //  NULL when it is not there
};

static gradmq_err_t
s_failed (const char *path, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot %s: %s", path, what,
                          strerror (errno));
}

//  The folder of a path, such as "." or "/".
static char *
s_folder (const char *path)
{
    const char *slash = strrchr (path, '/');
    if (!slash)
        return strdup (".");
    return strndup (path, slash == path ? 1 : (size_t) (slash - path));
}

static gradmq_err_t
s_open_new (gradmq_new_file_t **self_p, const char *path, mode_t mode, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    char *temporary = NULL;
    *self_p = NULL;
    gradmq_new_file_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->fd = -1;
    self->path = strdup (path);
    self->folder = s_folder (path);
    if (!self->path || !self->folder
        || asprintf (&temporary, "%s/" S_TEMPORARY "%016" PRIx64 S_TEMPORARY_END, self->folder,
                     gradmq_random_u64 ())
               < 0) {
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        temporary = NULL;
        goto cleanup;
    }
    self->fd = open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (self->fd < 0) {
        err = s_failed (path, "create a file in its folder", reason);
        goto cleanup;
    }
    self->temporary = temporary;
    temporary = NULL;
    *self_p = self;
    self = NULL;
cleanup:
    free (temporary);
    gradmq_new_file_destroy (&self);
    return err;
}

gradmq_err_t
gradmq_new_file_open (gradmq_new_file_t **self_p, const char *path, gradmq_reason_t *reason)
{
    return s_open_new (self_p, path, 0666, reason);
}

gradmq_err_t
gradmq_new_file_open_private (gradmq_new_file_t **self_p, const char *path, gradmq_reason_t *reason)
{
    return s_open_new (self_p, path, 0600, reason);
}

bool
gradmq_new_file_is_temporary (const char *name)
{
    const size_t front = strlen (S_TEMPORARY), digits = 16;
    return strncmp (name, S_TEMPORARY, front) == 0
           && strspn (name + front, "0123456789abcdef") == digits
           && strcmp (name + front + digits, S_TEMPORARY_END) == 0;
}

//  File systems that cannot do it say EINVAL, and what is no regular file ESPIPE.
gradmq_err_t
gradmq_file_begin_early (int fd, uint64_t *begun, uint64_t written)
{
    if (written - *begun < EARLY_BYTES)
        return GRADMQ_OK;
    if (sync_file_range (fd, (off_t) *begun, (off_t) (written - *begun), SYNC_FILE_RANGE_WRITE)
        && errno != EINVAL && errno != ESPIPE && errno != ENOSYS)
        return GRADMQ_ERR_IO;
    *begun = written;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_new_file_write (gradmq_new_file_t *self, const void *bytes, uint64_t size,
                       gradmq_reason_t *reason)
{
    const uint8_t *from = bytes;
    while (size) {
        size_t piece = size < WRITE_BYTES ? (size_t) size : WRITE_BYTES;
        ssize_t written = write (self->fd, from, piece);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return s_failed (self->path, "write", reason);
        from += written;
        size -= (uint64_t) written;
        self->written += (uint64_t) written;
        if (gradmq_file_begin_early (self->fd, &self->begun, self->written))
            return s_failed (self->path, "write", reason);
    }
    return GRADMQ_OK;
}

//  Some file systems cannot, and say EINVAL.
gradmq_err_t
gradmq_folder_sync (const char *folder, gradmq_reason_t *reason)
{
    int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return s_failed (folder, "open the folder", reason);
    gradmq_err_t err = GRADMQ_OK;
    if (fsync (fd) && errno != EINVAL)
        err = s_failed (folder, "sync the folder", reason);
    close (fd);
    return err;
}

gradmq_err_t
gradmq_new_file_commit (gradmq_new_file_t **self_p, gradmq_reason_t *reason)
{
    gradmq_new_file_t *self = *self_p;
    gradmq_err_t err = GRADMQ_OK;
    if (fsync (self->fd))
        err = s_failed (self->path, "bring it to the disk", reason);
    if (close (self->fd) && !err)
        err = s_failed (self->path, "close", reason);
    self->fd = -1;
    if (!err && rename (self->temporary, self->path))
        err = s_failed (self->path, "replace it", reason);
    if (!err) {
        free (self->temporary);
        self->temporary = NULL;
        err = gradmq_folder_sync (self->folder, reason);
    }
    gradmq_new_file_destroy (self_p);
    return err;
}

void
gradmq_new_file_destroy (gradmq_new_file_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_new_file_t *self = *self_p;
    if (self->fd >= 0)
        close (self->fd);
    if (self->temporary)
        unlink (self->temporary);
    free (self->temporary);
    free (self->folder);
    free (self->path);
    free (self);
    *self_p = NULL;
}

gradmq_err_t
gradmq_source_open (gradmq_source_t *self, const char *path, gradmq_reason_t *reason)
{
    *self = (gradmq_source_t){.name = path, .fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (self->fd < 0)
        return s_failed (path, "open it", reason);
    struct stat about;
    gradmq_err_t err = GRADMQ_OK;
    if (fstat (self->fd, &about))
        err = s_failed (path, "look at it", reason);
    else if (!S_ISREG (about.st_mode))
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: is not a regular file", path);
    else
        self->size = (uint64_t) about.st_size;
    if (err)
        gradmq_source_close (self);
    return err;
}

void
gradmq_source_close (gradmq_source_t *self)
{
    if (self->fd >= 0)
        close (self->fd);
    self->fd = -1;
}

static gradmq_err_t
s_ended (const gradmq_source_t *self, uint64_t offset, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO,
                          "%.200s: ended at byte %" PRIu64 " while it was read", self->name,
                          offset);
}

gradmq_err_t
gradmq_source_read (const gradmq_source_t *self, uint64_t offset, void *to, uint64_t size,
                    gradmq_reason_t *reason)
{
    if (offset > self->size || size > self->size - offset)
        return s_ended (self, self->size, reason);
    if (self->bytes) {
        memcpy (to, self->bytes + offset, (size_t) size);
        return GRADMQ_OK;
    }
    uint8_t *at = to;
    while (size) {
        size_t piece = size < PIECE_BYTES ? (size_t) size : PIECE_BYTES;
        ssize_t got = pread (self->fd, at, piece, (off_t) offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return s_failed (self->name, "read it", reason);
        if (got == 0)
            return s_ended (self, offset, reason);
        at += got;
        offset += (uint64_t) got;
        size -= (uint64_t) got;
    }
    return GRADMQ_OK;
}
