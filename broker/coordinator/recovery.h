//  Going on where an earlier process ended: the newest whole checkpoint, and the journals behind it.
//
//    thread  the coordinator actor's alone, or before it runs

#ifndef GRADMQ_COORDINATOR_RECOVERY_H
#define GRADMQ_COORDINATOR_RECOVERY_H

#include "coordinator/engine.h"

//  Put a new engine, whose folder is locked, where the folder says that its predecessor was.
//    *resumed  false: the folder has nothing
//    errors    FORMAT, DIFFERS: what is there is damaged, with the file and the place; ARGUMENT: it is of
//              another model; UNSUPPORTED: of a newer version of this software; IO, MEMORY
//    source    rules V-5 to V-8
GRADMQ_MUST_CHECK gradmq_err_t gradmq_recovery_run (gradmq_engine_t *self, bool *resumed,
                                                    gradmq_reason_t *reason);

#endif
