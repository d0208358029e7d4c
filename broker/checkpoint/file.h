//  Files: one that is replaced whole, and one that is read at any place.

#ifndef GRADMQ_CHECKPOINT_FILE_H
#define GRADMQ_CHECKPOINT_FILE_H

#include "core/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  A file under a temporary name in the folder of its own one.
typedef struct gradmq_new_file gradmq_new_file_t;

//  Begin to write the file that shall be `path`.
//    owns    *self_p is the caller's: gradmq_new_file_commit or gradmq_new_file_destroy
//    errors  IO, MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_new_file_open (gradmq_new_file_t **self_p, const char *path,
                                                     gradmq_reason_t *reason);

//  The same for a file that nobody but its owner may read.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_new_file_open_private (gradmq_new_file_t **self_p,
                                                             const char *path,
                                                             gradmq_reason_t *reason);

//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_new_file_write (gradmq_new_file_t *self, const void *bytes,
                                                      uint64_t size, gradmq_reason_t *reason);

//  Bring it to the disk and give it its name, which is on the disk too on return.
//    owns    takes *self_p and nulls it, also on error
//    errors  IO; the old file is then untouched, unless the folder alone could not be synced
GRADMQ_MUST_CHECK gradmq_err_t gradmq_new_file_commit (gradmq_new_file_t **self_p,
                                                       gradmq_reason_t *reason);

//  Of a file that is going to be synced `written` bytes were handed to the system: where that is a good
//  deal more than *begun, let the disk begin with the rest and move *begun, so that little is left for
//  the sync. It makes nothing safe.
//    errors  IO, with errno
GRADMQ_MUST_CHECK gradmq_err_t gradmq_file_begin_early (int fd, uint64_t *begun, uint64_t written);

//  Give up: the temporary file is removed. NULL and *NULL are fine.
void gradmq_new_file_destroy (gradmq_new_file_t **self_p);

//  Is this the name, without its folder, of such a temporary file?
bool gradmq_new_file_is_temporary (const char *name);

//  Bring a folder's list of names to the disk.
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_folder_sync (const char *folder, gradmq_reason_t *reason);

//  What is read: a file, or bytes in memory. Files are read and not mapped, since a file that
//  somebody shortens would end a process that has mapped it.
typedef struct {
    const char *name;  //  for reasons
    uint64_t size;
    int fd;                //  -1: memory
    const uint8_t *bytes;  //  NULL: a file
} gradmq_source_t;

//    owns    self->fd is the caller's: gradmq_source_close; `path` is borrowed
//    errors  IO: it cannot be opened or is not a regular file
GRADMQ_MUST_CHECK gradmq_err_t gradmq_source_open (gradmq_source_t *self, const char *path,
                                                   gradmq_reason_t *reason);
void gradmq_source_close (gradmq_source_t *self);

//  `size` bytes from `offset` on.
//    errors  IO: it cannot be read, or ends before
GRADMQ_MUST_CHECK gradmq_err_t gradmq_source_read (const gradmq_source_t *self, uint64_t offset,
                                                   void *to, uint64_t size,
                                                   gradmq_reason_t *reason);

#endif
