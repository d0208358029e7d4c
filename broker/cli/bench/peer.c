#include "cli/bench/peer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static gradmq_err_t
s_fork (gradmq_bench_peer_t *self, int wires [2], gradmq_reason_t *reason)
{
    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no socket for a process: %s",
                              strerror (errno));
    pid_t parent = getpid ();
    //  What is in stdio's buffers must not be written twice.
    fflush (NULL);
    self->process = fork ();
    if (self->process < 0) {
        close (wires [0]);
        close (wires [1]);
        self->process = 0;
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no process: %s", strerror (errno));
    }
    if (self->process == 0) {
        close (wires [0]);
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        if (getppid () != parent)
            _exit (1);
        return GRADMQ_OK;
    }
    close (wires [1]);
    self->wire = wires [0];
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_peer_open (gradmq_bench_peer_t *self, gradmq_bench_role_fn *role, const void *argument,
                        gradmq_reason_t *reason)
{
    int wires [2];
    gradmq_err_t err = s_fork (self, wires, reason);
    if (err || self->process)
        return err;
    gradmq_reason_t why = {0};
    gradmq_bench_note_t last = {.code = role (wires [1], argument, &why)};
    snprintf (last.text, sizeof last.text, "%.*s", (int) sizeof last.text - 1, why.text);
    if (last.code)
        gradmq_bench_tell (wires [1], &last);
    _exit (0);
}

gradmq_err_t
gradmq_bench_peer_exec (gradmq_bench_peer_t *self, const char *const *arguments, int errors_to,
                        gradmq_reason_t *reason)
{
    int wires [2];
    gradmq_err_t err = s_fork (self, wires, reason);
    if (err || self->process)
        return err;
    dup2 (errors_to, STDERR_FILENO);
    execv (arguments [0], (char *const *) (uintptr_t) arguments);
    _exit (127);
}

void
gradmq_bench_peer_close (gradmq_bench_peer_t *self)
{
    if (self->process > 0) {
        kill (self->process, SIGKILL);
        waitpid (self->process, NULL, 0);
        close (self->wire);
    }
    *self = (gradmq_bench_peer_t){0};
}

void
gradmq_bench_tell (int wire, const gradmq_bench_note_t *note)
{
    ssize_t sent = send (wire, note, sizeof *note, MSG_NOSIGNAL);
    (void) sent;
}

gradmq_err_t
gradmq_bench_hear (int wire, int timeout_ms, gradmq_bench_note_t *note, gradmq_reason_t *reason)
{
    struct pollfd item = {.fd = wire, .events = POLLIN};
    int ready;
    do
        ready = poll (&item, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return gradmq_refuse (reason, GRADMQ_ERR_TIMEOUT,
                              "a process of the benchmark said nothing for %d s",
                              timeout_ms / 1000);
    ssize_t size = recv (wire, note, sizeof *note, 0);
    if (size != (ssize_t) sizeof *note)
        return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "a process of the benchmark is gone");
    if (note->code)
        return gradmq_refuse (reason, note->code, "%s", note->text);
    return GRADMQ_OK;
}
