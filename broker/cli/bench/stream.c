#include "cli/bench/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TCP "tcp://127.0.0.1:"
#define IPC "ipc://"

typedef union {
    struct sockaddr any;
    struct sockaddr_in tcp;
    struct sockaddr_un ipc;
} s_address_t;

static socklen_t
s_address (s_address_t *self, const char *endpoint)
{
    memset (self, 0, sizeof *self);
    if (strncmp (endpoint, TCP, strlen (TCP)) != 0) {
        self->ipc.sun_family = AF_UNIX;
        snprintf (self->ipc.sun_path, sizeof self->ipc.sun_path, "%s", endpoint + strlen (IPC));
        return sizeof self->ipc;
    }
    self->tcp.sin_family = AF_INET;
    self->tcp.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    self->tcp.sin_port = htons ((uint16_t) strtoul (endpoint + strlen (TCP), NULL, 10));
    return sizeof self->tcp;
}

static gradmq_err_t
s_refuse (const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", what, strerror (errno));
}

gradmq_err_t
gradmq_bench_stream_listen (int *socket_p, char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES],
                            gradmq_reason_t *reason)
{
    s_address_t address;
    socklen_t size = s_address (&address, endpoint);
    if (address.any.sa_family == AF_UNIX)
        unlink (address.ipc.sun_path);
    *socket_p = socket (address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*socket_p < 0 || bind (*socket_p, &address.any, size) || listen (*socket_p, 64)
        || getsockname (*socket_p, &address.any, &size))
        return s_refuse (endpoint, reason);
    if (address.any.sa_family == AF_INET)
        snprintf (endpoint, GRADMQ_BENCH_ENDPOINT_BYTES, TCP "%u", ntohs (address.tcp.sin_port));
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_stream_connect (int *socket_p, const char *endpoint, gradmq_reason_t *reason)
{
    s_address_t address;
    socklen_t size = s_address (&address, endpoint);
    *socket_p = socket (address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*socket_p < 0 || connect (*socket_p, &address.any, size))
        return s_refuse (endpoint, reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_stream_write (int socket, const char *payload, uint64_t payload_bytes, uint64_t bytes,
                           gradmq_reason_t *reason)
{
    for (uint64_t done = 0; done < bytes;) {
        uint64_t at = done % payload_bytes;
        uint64_t size = payload_bytes - at;
        if (size > GRADMQ_BENCH_PIECE_BYTES)
            size = GRADMQ_BENCH_PIECE_BYTES;
        if (size > bytes - done)
            size = bytes - done;
        ssize_t written = write (socket, payload + at, (size_t) size);
        if (written < 0 && errno != EINTR)
            return s_refuse ("cannot write", reason);
        done += written > 0 ? (uint64_t) written : 0;
    }
    return GRADMQ_OK;
}
