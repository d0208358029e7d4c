#include "cli/bench/disk.h"

#include "cli/bench/bench.h"
#include "coordinator/journal.h"
#include "core/bytes.h"
#include "record/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20 };

//  ------------------------------------------------------------------------------------------------
//  The folder

static gradmq_err_t
s_failed (const char *path, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot %s: %s", path, what,
                          strerror (errno));
}

gradmq_err_t
gradmq_bench_disk_open (char folder [GRADMQ_BENCH_FOLDER_BYTES], gradmq_reason_t *reason)
{
    const char *where = getenv ("TMPDIR");
    struct statfs about;
    if (!where || !*where)
        where = "/var/tmp";
    int length = snprintf (folder, GRADMQ_BENCH_FOLDER_BYTES, "%s/gradmq-bench-disk-XXXXXX", where);
    bool fits = length < GRADMQ_BENCH_FOLDER_BYTES;
    if (!fits || !mkdtemp (folder)) {
        folder [0] = 0;
        errno = fits ? errno : ENAMETOOLONG;
        return s_failed (where, "make a folder there", reason);
    }
    if (statfs (folder, &about))
        return s_failed (folder, "look at its file system", reason);
    if (about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC)
        return gradmq_refuse (reason, GRADMQ_ERR_IO,
                              "%.200s is in memory and not on a disk, so it tells nothing of "
                              "durability; name a folder on a disk with TMPDIR",
                              where);
    return GRADMQ_OK;
}

void
gradmq_bench_disk_close (const char *folder)
{
    DIR *list = *folder ? opendir (folder) : NULL;
    if (!list)
        return;
    for (struct dirent *entry; (entry = readdir (list));)
        unlinkat (dirfd (list), entry->d_name, 0);
    closedir (list);
    rmdir (folder);
}

//  ------------------------------------------------------------------------------------------------
//  Groups

gradmq_err_t
gradmq_bench_groups_add (gradmq_bench_groups_t *self, uint64_t bytes)
{
    if (self->count == self->space) {
        size_t space = self->space ? 2 * self->space : 64;
        uint64_t *more = realloc (self->bytes, space * sizeof *more);
        if (!more)
            return GRADMQ_ERR_MEMORY;
        self->bytes = more;
        self->space = space;
    }
    self->bytes [self->count++] = bytes;
    return GRADMQ_OK;
}

void
gradmq_bench_groups_clear (gradmq_bench_groups_t *self)
{
    free (self->bytes);
    *self = (gradmq_bench_groups_t){0};
}

//  ------------------------------------------------------------------------------------------------
//  What a journal got

static gradmq_err_t
s_open_newest (int *fd, const char *folder, gradmq_reason_t *reason)
{
    gradmq_serials_t list;
    gradmq_err_t err = gradmq_journal_list (&list, folder, reason);
    if (err)
        return err;
    char *path = list.count ? gradmq_journal_path (folder, list.serials [0]) : NULL;
    gradmq_serials_clear (&list);
    errno = ENOENT;
    *fd = path ? open (path, O_RDONLY | O_CLOEXEC) : -1;
    if (*fd < 0)
        err = s_failed (folder, "read a journal there", reason);
    free (path);
    return err;
}

gradmq_err_t
gradmq_bench_journal_length (const char *folder, uint64_t *bytes, gradmq_reason_t *reason)
{
    int fd;
    struct stat about;
    gradmq_err_t err = s_open_newest (&fd, folder, reason);
    if (err)
        return err;
    if (fstat (fd, &about))
        err = s_failed (folder, "look at its journal", reason);
    else
        *bytes = (uint64_t) about.st_size;
    close (fd);
    return err;
}

gradmq_err_t
gradmq_bench_journal_groups (gradmq_bench_groups_t *groups, const char *folder, uint64_t from,
                             gradmq_reason_t *reason)
{
    uint8_t head [GRADMQ_RECORD_HEAD_BYTES];
    uint64_t begin = from;
    int fd;
    gradmq_err_t err = s_open_newest (&fd, folder, reason);
    if (err)
        return err;
    while (!err && pread (fd, head, sizeof head, (off_t) from) == (ssize_t) sizeof head) {
        from += sizeof head + gradmq_get_u64 (head + GRADMQ_RECORD_AT_LENGTH);
        if (gradmq_get_u32 (head + GRADMQ_RECORD_AT_TYPE) != GRADMQ_RECORD_DISPOSED)
            continue;
        if (gradmq_bench_groups_add (groups, from - begin))
            err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        begin = from;
    }
    close (fd);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  The same by hand

static gradmq_err_t
s_write_group (int fd, const char *piece, uint64_t bytes)
{
    while (bytes) {
        ssize_t written = write (fd, piece, bytes < PIECE_BYTES ? (size_t) bytes : PIECE_BYTES);
        if (written < 0 && errno != EINTR)
            return GRADMQ_ERR_IO;
        bytes -= written > 0 ? (uint64_t) written : 0;
    }
    return fdatasync (fd) ? GRADMQ_ERR_IO : GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_disk_write (const char *folder, const gradmq_bench_groups_t *groups, double *seconds,
                         gradmq_reason_t *reason)
{
    char path [GRADMQ_BENCH_FOLDER_BYTES + 16];
    snprintf (path, sizeof path, "%s/plain", folder);
    char *piece = malloc (PIECE_BYTES);
    if (!piece)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    memset (piece, 0x5A, PIECE_BYTES);
    int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    gradmq_err_t err = fd < 0 ? GRADMQ_ERR_IO : GRADMQ_OK;
    double begin = gradmq_bench_seconds ();
    for (size_t i = 0; i < groups->count && !err; i++)
        err = s_write_group (fd, piece, groups->bytes [i]);
    *seconds = gradmq_bench_seconds () - begin;
    if (err)
        err = s_failed (path, "write", reason);
    if (fd >= 0)
        close (fd);
    unlink (path);
    free (piece);
    return err;
}
