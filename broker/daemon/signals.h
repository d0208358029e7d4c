//  Signals as something to wait for, instead of something that interrupts.

#ifndef GRADMQ_DAEMON_SIGNALS_H
#define GRADMQ_DAEMON_SIGNALS_H

#include "core/reason.h"

//  Catch SIGINT, SIGTERM and SIGHUP, ignore SIGPIPE, and make a file descriptor that tells of the
//  three. They interrupt neither this thread, but in gradmq_signals_wait, nor those that it will
//  start. A thread that a library started before main may be given one: that is told too.
//    owns    *fd is the caller's: close ()
//    thread  one at a time; before any other thread of ours is started
//    errors  IO
GRADMQ_MUST_CHECK gradmq_err_t gradmq_signals_open (int *fd, gradmq_reason_t *reason);

//  The next signal, 0 when none came in that time.
//    thread  that of gradmq_signals_open
int gradmq_signals_wait (int fd, int timeout_ms);

#endif
