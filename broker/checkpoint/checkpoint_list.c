#include "checkpoint/checkpoint.h"
#include "checkpoint/file.h"
#include "core/size.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

//  The name of a checkpoint: this, 20 digits, that.
#define S_FRONT "checkpoint-"
#define S_END ".safetensors"

static gradmq_err_t
s_failed (const char *path, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot %s: %s", path, what,
                          strerror (errno));
}

char *
gradmq_checkpoint_path (const char *folder, uint64_t serial)
{
    char *path;
    if (asprintf (&path, "%s/" S_FRONT "%020" PRIu64 S_END, folder, serial) < 0)
        return NULL;
    return path;
}

static bool
s_is_checkpoint (const char *name, uint64_t *serial)
{
    const size_t digits = 20;
    if (strncmp (name, S_FRONT, strlen (S_FRONT)) != 0)
        return false;
    const char *at = name + strlen (S_FRONT);
    if (strspn (at, "0123456789") != digits || strcmp (at + digits, S_END) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        if (!gradmq_size_mul (number, 10, &number)
            || !gradmq_size_add (number, (uint64_t) (at [i] - '0'), &number))
            return false;
    *serial = number;
    return true;
}

static bool
s_is_file (DIR *folder, const char *name)
{
    struct stat about;
    return fstatat (dirfd (folder), name, &about, 0) == 0 && S_ISREG (about.st_mode);
}

static int
s_newest_first (const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *) a, second = *(const uint64_t *) b;
    return first > second ? -1 : first < second;
}

static gradmq_err_t
s_add (gradmq_checkpoint_list_t *self, size_t *room, uint64_t serial, gradmq_reason_t *reason)
{
    if (self->count == *room) {
        size_t more = *room ? *room * 2 : 16;
        uint64_t *larger = realloc (self->serials, more * sizeof *larger);
        if (!larger)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        self->serials = larger;
        *room = more;
    }
    self->serials [self->count++] = serial;
    return GRADMQ_OK;
}

//  The next entry; NULL at the end, and then *err says whether all were read.
static const struct dirent *
s_next (DIR *folder, const char *path, gradmq_err_t *err, gradmq_reason_t *reason)
{
    errno = 0;
    const struct dirent *entry = readdir (folder);
    if (!entry && errno)
        *err = s_failed (path, "read the folder", reason);
    return entry;
}

gradmq_err_t
gradmq_checkpoint_list (gradmq_checkpoint_list_t *self, const char *folder, gradmq_reason_t *reason)
{
    size_t room = 0;
    *self = (gradmq_checkpoint_list_t){0};
    DIR *names = opendir (folder);
    if (!names)
        return s_failed (folder, "open the folder", reason);
    gradmq_err_t err = GRADMQ_OK;
    const struct dirent *entry;
    while (!err && (entry = s_next (names, folder, &err, reason))) {
        uint64_t serial;
        if (s_is_checkpoint (entry->d_name, &serial) && s_is_file (names, entry->d_name))
            err = s_add (self, &room, serial, reason);
    }
    closedir (names);
    if (err)
        gradmq_checkpoint_list_clear (self);
    else if (self->count)
        qsort (self->serials, self->count, sizeof *self->serials, s_newest_first);
    return err;
}

void
gradmq_checkpoint_list_clear (gradmq_checkpoint_list_t *self)
{
    free (self->serials);
    *self = (gradmq_checkpoint_list_t){0};
}

void
gradmq_checkpoint_tidy (const char *folder)
{
    DIR *names = opendir (folder);
    if (!names)
        return;
    for (const struct dirent *entry = readdir (names); entry; entry = readdir (names))
        if (gradmq_new_file_is_temporary (entry->d_name))
            unlinkat (dirfd (names), entry->d_name, 0);
    closedir (names);
}

static gradmq_err_t
s_remove (const char *folder, uint64_t serial, gradmq_reason_t *reason)
{
    char *path = gradmq_checkpoint_path (folder, serial);
    if (!path)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = GRADMQ_OK;
    if (unlink (path) && errno != ENOENT)
        err = s_failed (path, "remove it", reason);
    free (path);
    return err;
}

gradmq_err_t
gradmq_checkpoint_prune (const char *folder, size_t keep, gradmq_reason_t *reason)
{
    gradmq_checkpoint_list_t list;
    gradmq_err_t err = gradmq_checkpoint_list (&list, folder, reason);
    if (err)
        return err;
    for (size_t i = list.count; i > keep; i--) {
        gradmq_err_t failed = s_remove (folder, list.serials [i - 1], err ? NULL : reason);
        err = err ? err : failed;
    }
    if (list.count > keep && !err)
        err = gradmq_folder_sync (folder, reason);
    gradmq_checkpoint_list_clear (&list);
    return err;
}
