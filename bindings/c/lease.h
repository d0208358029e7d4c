//  Renewing a worker's lease from a thread of its own, so that a long computation does not cost the
//  membership. PROTOCOL.md, section 8.

#ifndef GRADMQ_CLIENT_LEASE_H
#define GRADMQ_CLIENT_LEASE_H

#include "session.h"

typedef struct gradmq_lease gradmq_lease_t;

//  Start to join again, with this incarnation, each third of the lease.
//    owns    *self_p is the caller's: gradmq_lease_stop; borrows the session until then
//    errors  MEMORY, CONNECT; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_lease_start (gradmq_lease_t **self_p,
                                                   gradmq_session_t *session, uint64_t incarnation,
                                                   uint64_t lease_ms, gradmq_reason_t *why);

//  Stop the thread and wait for it, and for the answer to a renewal that is on its way until
//  deadline_ms on the session's clock (0: not for that). Nulls *self_p; NULL is fine.
void gradmq_lease_stop (gradmq_lease_t **self_p, uint64_t deadline_ms);

//  The oldest sequence that is not settled is this now.
void gradmq_lease_set_low_water (gradmq_lease_t *self, uint64_t low_water);

//  True once a renewal was refused with FENCED: a newer incarnation has joined.
bool gradmq_lease_fenced (const gradmq_lease_t *self);

//  The instance that answered last; 0: none yet.
uint64_t gradmq_lease_instance (const gradmq_lease_t *self);

#endif
