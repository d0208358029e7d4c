//  Signals as something to wait for, instead of something that interrupts.

#ifndef GRADMQ_DAEMON_SIGNALS_H
#define GRADMQ_DAEMON_SIGNALS_H

#include "core/reason.h"

//  Block SIGINT, SIGTERM and SIGHUP in this thread and those it will start, ignore SIGPIPE, and make
//  a file descriptor that tells of the three.
//    owns    *fd is the caller's: close ()
//    thread  before any other thread is started
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_signals_open (int *fd, gradmq_reason_t *reason);

//  The next signal, 0 when none came in that time.
int gradmq_signals_wait (int fd, int timeout_ms);

#endif
