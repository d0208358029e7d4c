//  The journal: everything that changes the model or settles a gradient is on the disk before anybody is
//  told of it. Where there is none, each call below looks at one pointer. schemas/RECORD.md, section 4.
//
//  A journal that cannot be written ends the process: what was told so far is safe, and what was not told
//  is sent again by its worker. Trying again would tell nothing, since after a failed write or sync nobody
//  knows what the disk has.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_JOURNAL_H
#define GRADMQ_COORDINATOR_JOURNAL_H

#include "checkpoint/checkpoint.h"
#include "coordinator/engine.h"

//  Folder of the journals and checkpoints; from now on nobody else takes it.
//    errors  IO: there is no such folder, or it cannot be written; BUSY: another process has it; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_journal_lock (gradmq_engine_t *self, const char *directory,
                                                    gradmq_reason_t *reason);
void gradmq_journal_unlock (gradmq_engine_t *self);

//  Begin the journal of this number, which goes on from `records` records of journal `before`, or where
//  that is 0 from the checkpoint of its own number.
//    errors  IO, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_journal_begin (gradmq_engine_t *self, uint64_t serial,
                                                     uint64_t before, uint64_t records,
                                                     gradmq_reason_t *reason);

//  End it, where there is one; *records is how many it has.
void gradmq_journal_end (gradmq_engine_t *self, uint64_t *records);

//  Where something is owed: bring it to the disk.
void gradmq_journal_commit (gradmq_engine_t *self);

//  Who joined or came back; who has departed; what became of a gradient.
void gradmq_journal_joined (gradmq_engine_t *self, const gradmq_joined_member_t *joined);
void gradmq_journal_gone (gradmq_engine_t *self, const gradmq_member_t *member);
void gradmq_journal_disposed (gradmq_engine_t *self, const gradmq_gradient_t *gradient,
                              gradmq_disposition_t disposition, gradmq_err_t code);

//  Started or stopped.
void gradmq_journal_running (gradmq_engine_t *self, bool running);

//  It cannot be written.
_Noreturn void gradmq_journal_fail (const gradmq_reason_t *why);

//  Path of the journal of this number.
//    owns    the caller's: free (); NULL: out of memory
char *gradmq_journal_path (const char *directory, uint64_t serial);

//  Numbers of the journals in a folder, the greatest first.
//    errors  IO, MEMORY
//    owns    *list is the caller's: gradmq_serials_clear
GRADMQ_MUST_CHECK gradmq_err_t gradmq_journal_list (gradmq_serials_t *list, const char *directory,
                                                    gradmq_reason_t *reason);

#endif
