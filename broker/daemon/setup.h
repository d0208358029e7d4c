//  What a configuration makes of a coordinator: settings, model, start.

#ifndef GRADMQ_DAEMON_SETUP_H
#define GRADMQ_DAEMON_SETUP_H

#include "config/command_line.h"
#include "coordinator/include/gradmq_coordinator.h"

//  Three requesters, gradients, updates, events.
#define GRADMQ_FILES_A_WORKER 6u

//  Keep the memory of large messages and models instead of giving it back to the system, whose fresh
//  pages cost several times what filling them does.
//    thread   before any other thread is started
//    returns  false when the allocator does not take all of it; large messages are then slower
bool gradmq_setup_memory (void);

//  Let this process open as many files as the system lets it: each worker has up to
//  GRADMQ_FILES_A_WORKER connections, and beyond the limit new ones wait without a word.
//    returns  how many that are
uint64_t gradmq_setup_files (void);

//  Tell CZMQ to leave signals and standard output alone, and how many threads to have.
//    thread  before any socket is made
void gradmq_setup_sockets (const gradmq_config_t *config);

//  Open a coordinator as the configuration has it: sockets, settings, model, started or not.
//    owns    *self_p is the caller's: gradmq_coordinator_destroy; NULL on error
//    `exit`  the status that the daemon ends with on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_setup_coordinator (gradmq_coordinator_t **self_p,
                                                         const gradmq_config_t *config,
                                                         gradmq_exit_t *exit,
                                                         gradmq_reason_t *reason);

#endif
