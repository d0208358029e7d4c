//  Processes of a benchmark: forked from this one, told what to do note by note.

#ifndef GRADMQ_CLI_BENCH_PEER_H
#define GRADMQ_CLI_BENCH_PEER_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GRADMQ_BENCH_ENDPOINT_BYTES 192

//  One note. What the fields mean is between the two.
typedef struct {
    uint64_t count;
    double seconds;
    gradmq_err_t code;  //  of a process that gives up; `text` says why
    char text [GRADMQ_BENCH_ENDPOINT_BYTES];
} gradmq_bench_note_t;

//  What a process does. It ends when the function returns, or when this process does.
//    `wire`  to the one that made it: gradmq_bench_tell, gradmq_bench_hear
//    errors  are told to whoever listens next
typedef gradmq_err_t (gradmq_bench_role_fn) (int wire, const void *argument,
                                             gradmq_reason_t *reason);

//  All zero: none.
typedef struct {
    pid_t process;
    int wire;
} gradmq_bench_peer_t;

//  Fork. `argument` is read in the new process.
//    owns    the caller's: gradmq_bench_peer_close
//    errors  MEMORY (no process or no socket to be had)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_peer_open (gradmq_bench_peer_t *self,
                                                       gradmq_bench_role_fn *role,
                                                       const void *argument,
                                                       gradmq_reason_t *reason);

//  The same, with the end of the wire in `argument [0 .. count - 1]` of a program instead.
//    `errors_to`  becomes the program's standard error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_peer_exec (gradmq_bench_peer_t *self,
                                                       const char *const *arguments, int errors_to,
                                                       gradmq_reason_t *reason);

//  Kill it and wait for its end: it has nothing to lose. All zero is fine.
void gradmq_bench_peer_close (gradmq_bench_peer_t *self);

//  Send a note. One that nobody can get any more is dropped.
void gradmq_bench_tell (int wire, const gradmq_bench_note_t *note);

//  Wait for a note. `timeout_ms` below 0: as long as it takes.
//    errors  TIMEOUT; CLOSED, when the other process is gone; what it gave up with
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_hear (int wire, int timeout_ms,
                                                  gradmq_bench_note_t *note,
                                                  gradmq_reason_t *reason);

#endif
