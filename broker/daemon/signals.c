#include "daemon/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

gradmq_err_t
gradmq_signals_open (int *fd, gradmq_reason_t *reason)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGINT);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGHUP);
    signal (SIGPIPE, SIG_IGN);
    sigprocmask (SIG_BLOCK, &set, NULL);
    *fd = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*fd >= 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot wait for signals: %s", strerror (errno));
}

int
gradmq_signals_wait (int fd, int timeout_ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    struct signalfd_siginfo info;
    if (poll (&wanted, 1, timeout_ms) <= 0)
        return 0;
    return read (fd, &info, sizeof info) == (ssize_t) sizeof info ? (int) info.ssi_signo : 0;
}
