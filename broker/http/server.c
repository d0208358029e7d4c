#include "http/self.h"

#include "core/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

//  --------------------------------------------------------------------------------------------
//  What the library calls

static void
s_connection (void *context, struct MHD_Connection *connection, void **data,
              enum MHD_ConnectionNotificationCode what)
{
    gradmq_http_t *self = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        gradmq_connections_remove (self->connections, *data);
        return;
    }
    const int size = GRADMQ_HTTP_SEND_BYTES;
    const union MHD_ConnectionInfo *info =
        gradmq_http_library ()->get_connection_info (connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    setsockopt (info->connect_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    *data = gradmq_connections_add (self->connections, info->connect_fd);
}

static enum MHD_Result
s_request (void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **data)
{
    (void) version, (void) upload, (void) upload_size, (void) data;
    return gradmq_http_answer (context, connection, url, method);
}

//  --------------------------------------------------------------------------------------------
//  Listening

static gradmq_err_t
s_cannot_listen (const gradmq_address_t *address, gradmq_reason_t *reason)
{
    char text [GRADMQ_ADDRESS_TEXT_BYTES];
    return gradmq_refuse (reason, GRADMQ_ERR_BIND, "cannot listen for HTTP at %s: %s",
                          gradmq_address_write (address, text), strerror (errno));
}

static gradmq_err_t
s_listen (gradmq_http_t *self, const gradmq_address_t *address, gradmq_reason_t *reason)
{
    const int yes = 1;
    gradmq_address_t bound = *address;
    int family = address->any.sa_family;
    self->listener = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->listener < 0)
        return s_cannot_listen (address, reason);
    setsockopt (self->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (family == AF_INET6)
        setsockopt (self->listener, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind (self->listener, &address->any, address->bytes) || listen (self->listener, BACKLOG)
        || getsockname (self->listener, &bound.any, &bound.bytes))
        return s_cannot_listen (address, reason);
    gradmq_address_write (&bound, self->address);
    self->loopback = address->loopback;
    return GRADMQ_OK;
}

static gradmq_err_t
s_serve (gradmq_http_t *self, gradmq_reason_t *reason)
{
    self->server = gradmq_http_library ()->start_daemon (
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        s_request, self, MHD_OPTION_LISTEN_SOCKET, self->listener, MHD_OPTION_NOTIFY_CONNECTION,
        s_connection, self, MHD_OPTION_CONNECTION_LIMIT,
        GRADMQ_HTTP_CONNECTIONS_MOST + GRADMQ_HTTP_CONNECTIONS_REFUSED,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) GRADMQ_HTTP_REQUEST_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, self->exchange_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (!self->server)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "the HTTP server cannot be started");
    self->listener = -1;
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Open and close

static gradmq_err_t
s_open (gradmq_http_t *self, const gradmq_http_options_t *options, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_http_library_load (reason);
    if (err)
        return err;
    self->feed = gradmq_feed_new ();
    self->history = gradmq_history_new ();
    self->connections = gradmq_connections_new ((uint64_t) self->exchange_s * 1000);
    if (!self->feed || !self->history || !self->connections)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    const gradmq_lookout_options_t lookout = {.coordinator = self->coordinator,
                                              .feed = self->feed,
                                              .history = self->history,
                                              .connections = self->connections};
    err = s_listen (self, options->address, reason);
    if (!err)
        err = gradmq_lookout_open (&self->lookout, &lookout, reason);
    return err ? err : s_serve (self, reason);
}

gradmq_err_t
gradmq_http_open (gradmq_http_t **self_p, const gradmq_http_options_t *options,
                  gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_http_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->listener = -1;
    self->coordinator = options->coordinator;
    self->exchange_s = options->exchange_s ? options->exchange_s : GRADMQ_HTTP_EXCHANGE_S;
    self->healthy_ms = GRADMQ_HTTP_HEALTH_HEARTBEATS * options->heartbeat_ms;
    if (self->healthy_ms < GRADMQ_HTTP_HEALTH_LEAST_MS)
        self->healthy_ms = GRADMQ_HTTP_HEALTH_LEAST_MS;
    gradmq_err_t err = s_open (self, options, reason);
    if (err)
        gradmq_http_close (&self);
    *self_p = self;
    return err;
}

//  The server wants to have nobody suspended, and its threads use all the others.
void
gradmq_http_close (gradmq_http_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_http_t *self = *self_p;
    if (self->feed)
        gradmq_feed_close (self->feed);
    if (self->server)
        gradmq_http_library ()->stop_daemon (self->server);
    gradmq_lookout_close (&self->lookout);
    if (self->listener >= 0)
        close (self->listener);
    gradmq_connections_destroy (&self->connections);
    gradmq_history_destroy (&self->history);
    gradmq_feed_destroy (&self->feed);
    free (self);
    *self_p = NULL;
}

const char *
gradmq_http_address (const gradmq_http_t *self)
{
    return self->address;
}
