//  gradmqd: a coordinator from its start to its end.

#ifndef GRADMQ_DAEMON_DAEMON_H
#define GRADMQ_DAEMON_DAEMON_H

#include "config/command_line.h"

//  Run a coordinator until a signal or a Destroy request ends it. Logs to standard error.
//    returns  the status to end with
//    thread   the program's first, before it has another
gradmq_exit_t gradmq_daemon_run (const gradmq_config_t *config);

#endif
