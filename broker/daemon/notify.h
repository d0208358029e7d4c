//  Telling systemd how the daemon is: datagrams to NOTIFY_SOCKET, and a sign of life for its watchdog.
//    source  sd_notify (3), sd_watchdog_enabled (3)

#ifndef GRADMQ_DAEMON_NOTIFY_H
#define GRADMQ_DAEMON_NOTIFY_H

#include "core/reason.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct {
    int fd;  //  -1: nobody wants to know
    struct sockaddr_un address;
    socklen_t address_bytes;
    uint64_t interval_ms;  //  between two signs of life; 0: none
    uint64_t next_ms;      //  when the next is due
} gradmq_notify_t;

//  From the values of the environment; NULL where one is not set.
//    `socket`         NOTIFY_SOCKET: a path, or @ and the name of an abstract socket
//    `watchdog_usec`  WATCHDOG_USEC: half of it becomes the interval
//    `watchdog_pid`   WATCHDOG_PID: a watchdog for another process is not ours
//    owns             self->fd: gradmq_notify_close
//    errors           ARGUMENT (a value that cannot be), IO; *self then tells nobody anything
GRADMQ_MUST_CHECK gradmq_err_t gradmq_notify_open (gradmq_notify_t *self, const char *socket,
                                                   const char *watchdog_usec,
                                                   const char *watchdog_pid,
                                                   gradmq_reason_t *reason);
void gradmq_notify_close (gradmq_notify_t *self);

//  Send a line or several, such as "READY=1". Never waits; false when it could not be sent.
bool gradmq_notify_send (const gradmq_notify_t *self, const char *text);

//  Send a sign of life when one is due and the coordinator is well.
//    `idle_ms`   since it last went round its loop
//    `limit_ms`  how long that may be
//    returns     false when one was due and the coordinator was not well
bool gradmq_notify_live (gradmq_notify_t *self, uint64_t now_ms, uint64_t idle_ms,
                         uint64_t limit_ms);

#endif
