#include "coordinator/sockets.h"

#include "core/limit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    HEARTBEAT_IVL_MS = 5000,
    HEARTBEAT_TIMEOUT_MS = 15000,
    KEEPALIVE_IDLE_S = 30,
    KEEPALIVE_INTVL_S = 10,
    KEEPALIVE_CNT = 3,
    BACKLOG = 1024,
    ENDPOINT_BYTES = 512,
    BIND_TRIES = 20,
    BIND_AGAIN_MS = 10,
    UPDATES_HWM = 2,
    EVENTS_HWM = 10000,
    GRADIENTS_HWM = 4096,
    //  Past its mark a REP socket drops the reply; a client has few requests under way.
    CONTROL_HWM = 1000
};

//  True for a tcp endpoint that only this machine can reach.
static bool
s_loopback (const char *endpoint)
{
    const char *host = endpoint + strlen ("tcp://");
    return strncmp (host, "127.", 4) == 0 || strncmp (host, "localhost:", 10) == 0
           || strncmp (host, "[::1]:", 6) == 0;
}

static gradmq_err_t
s_allowed (const gradmq_sockets_t *self, const char *endpoint, gradmq_reason_t *reason)
{
    static const char *const transports [] = {"tcp://", "ipc://", "inproc://"};
    bool known = false;
    for (size_t i = 0; i < sizeof transports / sizeof transports [0]; i++)
        known |= strncmp (endpoint, transports [i], strlen (transports [i])) == 0;
    if (!known)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "endpoint \"%.200s\" begins with none of tcp://, ipc://, inproc://",
                              endpoint);
    if (self->guard->authorised) {
        if (strncmp (endpoint, "inproc://", 9) == 0)
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                  "%.200s: ZeroMQ asks nobody for a key there; bind to tcp or ipc, "
                                  "or leave out secret and authorised",
                                  endpoint);
        return GRADMQ_OK;
    }
    if (strncmp (endpoint, "tcp://", 6) == 0 && !self->plain_tcp && !s_loopback (endpoint))
        return gradmq_refuse (
            reason, GRADMQ_ERR_BIND,
            "%.200s can be reached from other machines, and anybody there could "
            "change the model: give secret and authorised (`gradmq keygen server` "
            "makes the first key), or bind to 127.0.0.1 or ipc, or set "
            "allow_plain_tcp",
            endpoint);
    return GRADMQ_OK;
}

//  True when somebody listens at an ipc endpoint: ZeroMQ would take the file away from him, and neither
//  he nor his peers would learn of it.
static bool
s_taken (const char *endpoint)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = endpoint + strlen ("ipc://");
    if (strncmp (endpoint, "ipc://", strlen ("ipc://")) != 0 || *path == '@'
        || strlen (path) >= sizeof address.sun_path)
        return false;
    memcpy (address.sun_path, path, strlen (path) + 1);
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const void *generic = &address;
    bool taken = connect (fd, generic, sizeof address) == 0 || errno == EAGAIN;
    close (fd);
    return taken;
}

static int
s_bind_now (void *socket, const char *endpoint)
{
    if (!s_taken (endpoint))
        return zmq_bind (socket, endpoint);
    errno = EADDRINUSE;
    return -1;
}

//  A coordinator that was destroyed just now in this process lets go of its port by and by.
static bool
s_bound (void *socket, const char *endpoint)
{
    for (int left = BIND_TRIES; s_bind_now (socket, endpoint); left--) {
        if (errno != EADDRINUSE || !left)
            return false;
        zmq_poll (NULL, 0, BIND_AGAIN_MS);
    }
    return true;
}

static gradmq_err_t
s_bind_one (zsock_t *socket, const char *endpoint, gradmq_bound_t *bound, gradmq_reason_t *reason)
{
    if (!s_bound (zsock_resolve (socket), endpoint))
        return gradmq_refuse (reason, GRADMQ_ERR_BIND, "cannot bind to %.200s: %s", endpoint,
                              zmq_strerror (errno));
    char *text = zsock_last_endpoint (socket);
    if (!text)
        return GRADMQ_ERR_MEMORY;
    bound->items [bound->count++] = text;
    return GRADMQ_OK;
}

//  The next endpoint of a list; "" at its end.
static gradmq_err_t
s_next (const char **at, char endpoint [ENDPOINT_BYTES], gradmq_reason_t *reason)
{
    *at += strspn (*at, ", ");
    size_t length = strcspn (*at, ", ");
    endpoint [0] = 0;
    if (length >= ENDPOINT_BYTES)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "an endpoint is longer than %d bytes",
                              ENDPOINT_BYTES - 1);
    memcpy (endpoint, *at, length);
    endpoint [length] = 0;
    *at += length;
    return GRADMQ_OK;
}

//  Whether all of them may be bound to: none is before.
static gradmq_err_t
s_check (const gradmq_sockets_t *self, const char *endpoints, gradmq_reason_t *reason)
{
    char one [ENDPOINT_BYTES];
    size_t count = 0;
    for (const char *at = endpoints ? endpoints : "";; count++) {
        gradmq_err_t err = s_next (&at, one, reason);
        if (!err && *one)
            err = s_allowed (self, one, reason);
        if (err)
            return err;
        if (!*one)
            break;
    }
    if (count > GRADMQ_ENDPOINTS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "more than %d endpoints for a socket",
                              GRADMQ_ENDPOINTS_MAX);
    if (!count && endpoints && *endpoints)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "an empty list of endpoints");
    return GRADMQ_OK;
}

static gradmq_err_t
s_bind (zsock_t *socket, const char *endpoints, gradmq_bound_t *bound, gradmq_reason_t *reason)
{
    char one [ENDPOINT_BYTES];
    gradmq_err_t err = GRADMQ_OK;
    while (!err) {
        err = s_next (&endpoints, one, reason);
        if (!*one)
            break;
        if (!err)
            err = s_bind_one (socket, one, bound, reason);
    }
    return err;
}

//  Options that have to be set before bind.
static gradmq_err_t
s_set (const gradmq_sockets_t *self, zsock_t *socket, int hwm, bool ipv6, gradmq_reason_t *reason)
{
    zsock_set_linger (socket, self->linger_ms);
    zsock_set_maxmsgsize (socket, (int) GRADMQ_FRAME_BYTES_MAX);
    zsock_set_handshake_ivl (socket, (int) GRADMQ_HANDSHAKE_MS);
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_IVL_MS);
    zsock_set_heartbeat_timeout (socket, HEARTBEAT_TIMEOUT_MS);
    zsock_set_heartbeat_ttl (socket, HEARTBEAT_TIMEOUT_MS);
    zsock_set_tcp_keepalive (socket, 1);
    zsock_set_tcp_keepalive_idle (socket, KEEPALIVE_IDLE_S);
    zsock_set_tcp_keepalive_intvl (socket, KEEPALIVE_INTVL_S);
    zsock_set_tcp_keepalive_cnt (socket, KEEPALIVE_CNT);
    zsock_set_backlog (socket, BACKLOG);
    zsock_set_sndhwm (socket, hwm);
    zsock_set_rcvhwm (socket, hwm);
    if (ipv6)
        zsock_set_ipv6 (socket, 1);
    return gradmq_guard_socket (self->guard, zsock_resolve (socket), reason);
}

static zsock_t **
s_place (gradmq_sockets_t *self, gradmq_socket_t which)
{
    zsock_t **const places [GRADMQ_SOCKETS] = {&self->control, &self->gradients, &self->updates,
                                               &self->events};
    return places [which];
}

//  A socket with its options, not bound.
static gradmq_err_t
s_make (gradmq_sockets_t *self, gradmq_socket_t which, bool ipv6, gradmq_reason_t *reason)
{
    static const int types [GRADMQ_SOCKETS] = {ZMQ_REP, ZMQ_PULL, ZMQ_PUB, ZMQ_PUB};
    zsock_t *socket = *s_place (self, which) = zsock_new (types [which]);
    if (!socket)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "cannot make a socket: %s",
                              zmq_strerror (errno));
    return s_set (self, socket, self->hwm [which], ipv6, reason);
}

static gradmq_err_t
s_open_one (gradmq_sockets_t *self, gradmq_socket_t which, const char *endpoints,
            gradmq_reason_t *reason)
{
    if (!endpoints || !endpoints [0])
        return GRADMQ_OK;
    gradmq_err_t err = s_make (self, which, strchr (endpoints, '[') != NULL, reason);
    if (!err)
        err = s_bind (*s_place (self, which), endpoints, &self->bound [which], reason);
    return err;
}

//  The list as replies want it. Only its form differs: nothing is copied.
static gradmq_texts_t
s_texts (const gradmq_bound_t *bound)
{
    return (gradmq_texts_t){(const char *const *) bound->items, bound->count};
}

gradmq_err_t
gradmq_sockets_open (gradmq_sockets_t *self, const gradmq_coordinator_options_t *options,
                     const gradmq_guard_t *guard, gradmq_reason_t *reason)
{
    *self = (gradmq_sockets_t){
        .guard = guard,
        .plain_tcp = options->allow_plain_tcp,
        .linger_ms = (int) (options->linger_ms ? options->linger_ms : GRADMQ_LINGER_MS),
        .hwm = {CONTROL_HWM, GRADIENTS_HWM,
                options->updates_hwm ? (int) options->updates_hwm : UPDATES_HWM,
                options->events_hwm ? (int) options->events_hwm : EVENTS_HWM}};
    const char *const endpoints [GRADMQ_SOCKETS] = {options->control, options->gradients,
                                                    options->updates, options->events};
    gradmq_err_t err = GRADMQ_OK;
    for (gradmq_socket_t i = 0; i < GRADMQ_SOCKETS && !err; i++)
        err = s_check (self, endpoints [i], reason);
    for (gradmq_socket_t i = 0; i < GRADMQ_SOCKETS && !err; i++)
        err = s_open_one (self, i, endpoints [i], reason);
    self->endpoints =
        (gradmq_endpoints_t){.gradients = s_texts (&self->bound [GRADMQ_SOCKET_GRADIENTS]),
                             .updates = s_texts (&self->bound [GRADMQ_SOCKET_UPDATES]),
                             .events = s_texts (&self->bound [GRADMQ_SOCKET_EVENTS])};
    return err;
}

//  A socket is closed by and by, but its endpoints are free for others at once.
static void
s_shut (zsock_t **socket_p, const gradmq_bound_t *bound)
{
    for (size_t i = 0; *socket_p && i < bound->count; i++)
        zmq_unbind (zsock_resolve (*socket_p), bound->items [i]);
    zsock_destroy (socket_p);
}

static gradmq_err_t
s_renew (gradmq_sockets_t *self, gradmq_socket_t which, gradmq_reason_t *reason)
{
    const gradmq_bound_t *bound = &self->bound [which];
    bool ipv6 = false;
    if (!bound->count)
        return GRADMQ_OK;
    for (size_t i = 0; i < bound->count; i++)
        ipv6 |= strchr (bound->items [i], '[') != NULL;
    s_shut (s_place (self, which), bound);
    gradmq_err_t err = s_make (self, which, ipv6, reason);
    for (size_t i = 0; i < bound->count && !err; i++)
        if (!s_bound (zsock_resolve (*s_place (self, which)), bound->items [i]))
            err = gradmq_refuse (reason, GRADMQ_ERR_BIND, "cannot bind to %.200s again: %s",
                                 bound->items [i], zmq_strerror (errno));
    return err;
}

gradmq_err_t
gradmq_sockets_renew (gradmq_sockets_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_renew (self, GRADMQ_SOCKET_UPDATES, reason);
    gradmq_err_t other = s_renew (self, GRADMQ_SOCKET_EVENTS, reason);
    return err ? err : other;
}

void
gradmq_sockets_shut (gradmq_sockets_t *self)
{
    s_shut (&self->control, &self->bound [GRADMQ_SOCKET_CONTROL]);
    s_shut (&self->gradients, &self->bound [GRADMQ_SOCKET_GRADIENTS]);
    s_shut (&self->updates, &self->bound [GRADMQ_SOCKET_UPDATES]);
    s_shut (&self->events, &self->bound [GRADMQ_SOCKET_EVENTS]);
}

void
gradmq_sockets_close (gradmq_sockets_t *self)
{
    gradmq_sockets_shut (self);
    for (size_t i = 0; i < GRADMQ_SOCKETS; i++)
        for (size_t j = 0; j < self->bound [i].count; j++)
            freen (self->bound [i].items [j]);
    *self = (gradmq_sockets_t){0};
}
