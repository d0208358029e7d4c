#include "daemon/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

//  Where the handler writes the number of what came: the other end of the caller's descriptor.
static int s_told = -1;

static const int s_numbers [] = {SIGINT, SIGTERM, SIGHUP};

#define S_NUMBERS (sizeof s_numbers / sizeof *s_numbers)

static void
s_tell (int number)
{
    int before = errno;
    uint8_t octet = (uint8_t) number;
    if (write (s_told, &octet, 1) < 0) {
        //  It is full of signals: one more says nothing new.
    }
    errno = before;
}

static void
s_catch (void)
{
    struct sigaction action = {.sa_handler = s_tell, .sa_flags = SA_RESTART};
    sigemptyset (&action.sa_mask);
    for (size_t i = 0; i < S_NUMBERS; i++)
        sigaction (s_numbers [i], &action, NULL);
    signal (SIGPIPE, SIG_IGN);
}

gradmq_err_t
gradmq_signals_open (int *fd, gradmq_reason_t *reason)
{
    int ends [2];
    sigset_t set;
    if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK))
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot wait for signals: %s",
                              strerror (errno));
    sigemptyset (&set);
    for (size_t i = 0; i < S_NUMBERS; i++)
        sigaddset (&set, s_numbers [i]);
    sigprocmask (SIG_BLOCK, &set, NULL);
    if (s_told >= 0)
        close (s_told);
    s_told = ends [1];
    s_catch ();
    *fd = ends [0];
    return GRADMQ_OK;
}

int
gradmq_signals_wait (int fd, int timeout_ms)
{
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    uint8_t octet;
    sigset_t set;
    sigprocmask (SIG_BLOCK, NULL, &set);
    for (size_t i = 0; i < S_NUMBERS; i++)
        sigdelset (&set, s_numbers [i]);
    //  Where it is interrupted something is there, or will be when the handler has run on its thread.
    while (ppoll (&wanted, 1, &timeout, &set) != 0)
        if (read (fd, &octet, 1) == 1)
            return octet;
    return 0;
}
