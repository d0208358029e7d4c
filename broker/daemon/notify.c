#include "daemon/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//  The whole number that is all of `text`; false when it is none.
static bool
s_number (const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull (text, &end, 10);
    return text [0] >= '0' && text [0] <= '9' && !*end && !errno;
}

static gradmq_err_t
s_set_address (gradmq_notify_t *self, const char *socket_name, gradmq_reason_t *reason)
{
    size_t length = strlen (socket_name);
    if ((socket_name [0] != '/' && socket_name [0] != '@') || length < 2
        || length >= sizeof self->address.sun_path)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "NOTIFY_SOCKET is \"%.120s\"; it can be a path or @NAME of up to %zu "
                              "bytes",
                              socket_name, sizeof self->address.sun_path - 1);
    self->address.sun_family = AF_UNIX;
    memcpy (self->address.sun_path, socket_name, length);
    if (socket_name [0] == '@')
        self->address.sun_path [0] = 0;
    self->address_bytes =
        (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length + (socket_name [0] == '/'));
    return GRADMQ_OK;
}

static gradmq_err_t
s_set_watchdog (gradmq_notify_t *self, const char *usec, const char *pid, gradmq_reason_t *reason)
{
    uint64_t number;
    if (!usec)
        return GRADMQ_OK;
    if (pid && (!s_number (pid, &number) || number != (uint64_t) getpid ()))
        return GRADMQ_OK;
    if (!s_number (usec, &number) || number == 0)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "WATCHDOG_USEC is \"%.40s\"; it can be a whole number above 0", usec);
    self->interval_ms = number / 2000 ? number / 2000 : 1;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_notify_open (gradmq_notify_t *self, const char *socket_name, const char *watchdog_usec,
                    const char *watchdog_pid, gradmq_reason_t *reason)
{
    *self = (gradmq_notify_t){.fd = -1};
    if (!socket_name || !socket_name [0])
        return GRADMQ_OK;
    gradmq_err_t err = s_set_address (self, socket_name, reason);
    if (!err)
        err = s_set_watchdog (self, watchdog_usec, watchdog_pid, reason);
    if (err) {
        self->interval_ms = 0;
        return err;
    }
    self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (self->fd >= 0)
        return GRADMQ_OK;
    self->interval_ms = 0;
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot make a socket for NOTIFY_SOCKET: %s",
                          strerror (errno));
}

void
gradmq_notify_close (gradmq_notify_t *self)
{
    if (self->fd >= 0)
        close (self->fd);
    self->fd = -1;
}

bool
gradmq_notify_send (const gradmq_notify_t *self, const char *text)
{
    if (self->fd < 0)
        return false;
    size_t size = strlen (text);
    return sendto (self->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT,
                   (const struct sockaddr *) (const void *) &self->address, self->address_bytes)
           == (ssize_t) size;
}

bool
gradmq_notify_live (gradmq_notify_t *self, uint64_t now_ms, uint64_t idle_ms, uint64_t limit_ms)
{
    if (!self->interval_ms || now_ms < self->next_ms)
        return true;
    self->next_ms = now_ms + self->interval_ms;
    if (idle_ms > limit_ms)
        return false;
    gradmq_notify_send (self, "WATCHDOG=1");
    return true;
}
