//  All incarnations that are known, as text: for another process that goes on with them.
//
//      forgotten N
//      NAME INCARNATION PHASE SETTLED APPLIED LOST FROM LIST LIST
//
//  PHASE is "here" or "gone". The lists are of what was disposed of, as SEQUENCE:DISPOSITION:CODE with
//  commas between, "-" for none: the first are those up to SETTLED that acknowledgements tell of, complete
//  from FROM on; the second are those above it. What is received and has no disposition is not there: its
//  sender keeps it, and sends it again.

#ifndef GRADMQ_SYNC_MUSTER_H
#define GRADMQ_SYNC_MUSTER_H

#include "sync/members.h"

//    owns    the caller's: free ()
//    errors  NULL: out of memory
char *gradmq_muster_write (const gradmq_members_t *self);

//  Take in what was written, into members of whom none has joined yet. Those who were here have a lease
//  from now on.
//    errors  FORMAT: with the line; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_muster_read (gradmq_members_t *self, const char *text,
                                                   uint64_t now_ms, uint64_t lease_ms,
                                                   gradmq_reason_t *reason);

#endif
