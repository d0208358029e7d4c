//  What the disk itself can do: the bytes of a journal or a checkpoint written by hand.

#ifndef GRADMQ_CLI_BENCH_DISK_H
#define GRADMQ_CLI_BENCH_DISK_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>

#define GRADMQ_BENCH_FOLDER_BYTES 160

//  A folder of its own on a disk: in the one that TMPDIR names, else in /var/tmp.
//    owns    the caller's: gradmq_bench_disk_close
//    errors  IO: it cannot be made, or what is kept there is in memory alone
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_disk_open (char folder [GRADMQ_BENCH_FOLDER_BYTES],
                                                       gradmq_reason_t *reason);

//  Remove it with the files in it. An empty name is fine.
void gradmq_bench_disk_close (const char *folder);

//  How many bytes went to the disk at a time. All zero: none.
typedef struct {
    uint64_t *bytes;
    size_t count, space;
} gradmq_bench_groups_t;

//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_groups_add (gradmq_bench_groups_t *self,
                                                        uint64_t bytes);
void gradmq_bench_groups_clear (gradmq_bench_groups_t *self);

//  Length of the newest journal in a folder so far.
//    errors  IO (there is none), MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_journal_length (const char *folder, uint64_t *bytes,
                                                            gradmq_reason_t *reason);

//  The groups that the newest journal in a folder got from byte `from` on, where a record begins: each
//  ends with what became of its gradients.
//    errors  IO, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_journal_groups (gradmq_bench_groups_t *groups,
                                                            const char *folder, uint64_t from,
                                                            gradmq_reason_t *reason);

//  Write groups of that many bytes to a new file, each brought to the disk before the next.
//    errors  IO, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_disk_write (const char *folder,
                                                        const gradmq_bench_groups_t *groups,
                                                        double *seconds, gradmq_reason_t *reason);

#endif
