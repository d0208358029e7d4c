#include "checkpoint/checkpoint.h"
#include "checkpoint/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

gradmq_err_t
gradmq_checkpoint_list (gradmq_serials_t *self, const char *folder, gradmq_reason_t *reason)
{
    return gradmq_serials_list (self, folder, S_FRONT, S_END, reason);
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
    gradmq_serials_t list;
    gradmq_err_t err = gradmq_checkpoint_list (&list, folder, reason);
    if (err)
        return err;
    for (size_t i = list.count; i > keep; i--) {
        gradmq_err_t failed = s_remove (folder, list.serials [i - 1], err ? NULL : reason);
        err = err ? err : failed;
    }
    if (list.count > keep && !err)
        err = gradmq_folder_sync (folder, reason);
    gradmq_serials_clear (&list);
    return err;
}
