//  Reading the PULL socket, and payload frames in general.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_INGRESS_H
#define GRADMQ_COORDINATOR_INGRESS_H

#include "coordinator/engine.h"

//  Read what is left of a message into an entry, to its last frame.
//    returns OK; FRAMES or MEMORY, with what could not be taken read and dropped
gradmq_err_t gradmq_ingress_frames (void *socket, gradmq_entry_t *entry, bool more);

//  Read gradients without waiting, until there is none or the budget is spent; *more tells which.
//    returns how many messages were read
size_t gradmq_ingress_read (gradmq_engine_t *engine, void *socket, size_t messages, uint64_t bytes,
                            bool *more);

#endif
