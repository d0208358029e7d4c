//  Files that hold keys: read only where nobody else can have read or changed them.

#ifndef GRADMQ_SECURITY_FILE_H
#define GRADMQ_SECURITY_FILE_H

#include "core/reason.h"
#include "security/certificate.h"

typedef enum {
    GRADMQ_FILE_SECRET,  //  its owner alone may read it
    GRADMQ_FILE_PUBLIC   //  its owner alone may write it
} gradmq_file_kind_t;

//  Read a whole file of at most GRADMQ_CERTIFICATE_BYTES_MAX bytes. What is looked at is the file
//  that was opened, so that nobody can put another one in its place in between.
//    `folder`  descriptor of the folder that `path` begins in, or AT_FDCWD
//    errors    IO, FORMAT (too long, not a file), PERMISSION (with the command that mends it)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_file_read (int folder, const char *path,
                                                 gradmq_file_kind_t kind,
                                                 char text [GRADMQ_CERTIFICATE_BYTES_MAX],
                                                 size_t *size, gradmq_reason_t *reason);

//  Write a file that is not there yet, whole or not at all.
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_file_write (const char *path, bool secret, const char *text,
                                                  size_t size, gradmq_reason_t *reason);

//  Open a folder that nobody but its owner, who is this user or root, may write to.
//    owns    *fd is the caller's: close ()
//    errors  IO, PERMISSION
GRADMQ_MUST_CHECK gradmq_err_t gradmq_file_open_folder (const char *path, int *fd,
                                                        gradmq_reason_t *reason);

#endif
