#include "session.h"

#include "core/name.h"
#include "core/random.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define TIMEOUT_MS 30000u

gradmq_pace_t
gradmq_pace_usual (void)
{
    return (gradmq_pace_t){.confirm_ms = GRADMQ_CONFIRM_MS,
                           .retry_ms = 100,
                           .sync_retry_ms = GRADMQ_SYNC_RETRY_MS,
                           .resync_jitter_ms = GRADMQ_RESYNC_JITTER_MS};
}

//  The host's name as far as it makes a name (rule A-1), and a random number.
static void
s_make_name (char name [GRADMQ_NAME_BYTES_MAX + 1])
{
    char host [41] = "";
    if (gethostname (host, sizeof host - 1) != 0 || host [0] == 0)
        snprintf (host, sizeof host, "client");
    for (char *at = host; *at; at++)
        if (!isalnum ((unsigned char) *at) && *at != '.' && *at != '-')
            *at = '_';
    if (!isalnum ((unsigned char) host [0]))
        host [0] = '_';
    snprintf (name, GRADMQ_NAME_BYTES_MAX + 1, "%s-%08x", host,
              (unsigned) (gradmq_random_u64 () & 0xffffffffu));
}

static gradmq_err_t
s_take_name (char to [GRADMQ_NAME_BYTES_MAX + 1], const char *name, const char *what,
             gradmq_reason_t *why)
{
    if (name == NULL)
        return GRADMQ_OK;
    if (!gradmq_name_valid (name))
        return gradmq_refuse (why, GRADMQ_ERR_NAME,
                              "%s \"%.80s\" is not a name: 1 to 64 ASCII letters, digits, \"_\", "
                              "\"-\" and \".\", not beginning with \"-\" or \".\"",
                              what, name);
    snprintf (to, GRADMQ_NAME_BYTES_MAX + 1, "%s", name);
    return GRADMQ_OK;
}

static gradmq_err_t
s_take_options (gradmq_session_t *self, const gradmq_options_t *options, gradmq_reason_t *why)
{
    if (options == NULL || options->control == NULL || options->control [0] == 0)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "a control endpoint is needed, such as tcp://127.0.0.1:%d",
                              GRADMQ_PORT_CONTROL);
    size_t length = strlen (options->control);
    if (length >= sizeof self->control)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "the control endpoint is longer than %zu",
                              sizeof self->control - 1);
    memcpy (self->control, options->control, length + 1);
    if (strncmp (self->control, "inproc://", 9) == 0 && options->zmq_context == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "%s can be reached only from the ZeroMQ context that it was bound "
                              "in: set zmq_context",
                              self->control);
    gradmq_err_t err = s_take_name (self->model, options->model, "model", why);
    if (!err)
        err = s_take_name (self->name, options->name, "name", why);
    if (!err)
        err = s_take_name (self->stream, options->stream, "stream", why);
    if (err)
        return err;
    if (options->name == NULL)
        s_make_name (self->name);
    self->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    self->request_ms = options->request_ms ? options->request_ms : GRADMQ_REQUEST_TIMEOUT_MS;
    self->linger_ms = options->linger_ms ? options->linger_ms : GRADMQ_LINGER_MS;
    if (self->linger_ms > INT_MAX)
        self->linger_ms = INT_MAX;
    self->window = options->window;
    self->no_updates = options->no_updates;
    self->on_wait = options->on_wait;
    self->on_wait_context = options->context;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_session_open (gradmq_session_t *self, const gradmq_options_t *options,
                     const gradmq_pace_t *pace, gradmq_reason_t *why)
{
    memset (self, 0, sizeof *self);
    gradmq_err_t err = s_take_options (self, options, why);
    if (err)
        return err;
    err = gradmq_keys_load (&self->keys, options, why);
    if (err)
        return err;
    self->pace = pace ? *pace : gradmq_pace_usual ();
    self->clock = gradmq_clock_real ();
    self->buffers = gradmq_buffers_new ();
    if (self->buffers == NULL) {
        gradmq_keys_wipe (&self->keys);
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    }
    self->zmq_owned = options->zmq_context == NULL;
    self->zmq = self->zmq_owned ? zmq_ctx_new () : options->zmq_context;
    if (self->zmq == NULL) {
        gradmq_buffers_destroy (&self->buffers);
        gradmq_keys_wipe (&self->keys);
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no ZeroMQ context can be made: %s",
                              zmq_strerror (errno));
    }
    return GRADMQ_OK;
}

void
gradmq_session_close (gradmq_session_t *self)
{
    if (self->zmq && self->zmq_owned)
        while (zmq_ctx_term (self->zmq) != 0 && errno == EINTR)
            ;
    self->zmq = NULL;
    gradmq_keys_wipe (&self->keys);
    gradmq_buffers_destroy (&self->buffers);
}

typedef struct {
    int option;
    int value;
} s_option_t;

//  One gradient is on its way for each slot of the outbox, so no high-water mark is ever reached
//  where gradients are sent. Events must not be dropped; updates get their own mark (stream.c).
static void
s_set_options (void *socket, int type, int linger_ms, bool ipv6)
{
    const s_option_t options [] = {
        {ZMQ_LINGER, linger_ms},
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_RECONNECT_IVL, 100},
        {ZMQ_RECONNECT_IVL_MAX, 1000},
        {ZMQ_HANDSHAKE_IVL, GRADMQ_HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, 2000},
        {ZMQ_HEARTBEAT_TIMEOUT, 10000},
        {ZMQ_HEARTBEAT_TTL, 10000},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 30},
        {ZMQ_TCP_KEEPALIVE_INTVL, 10},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
        {ZMQ_IPV6, ipv6},
        {ZMQ_SNDTIMEO, 0},
        {ZMQ_RCVTIMEO, 0},
        {ZMQ_SNDHWM, (int) GRADMQ_RECEIVE_WINDOW * 2},
        {ZMQ_RCVHWM, 100000},
    };
    for (size_t i = 0; i < sizeof options / sizeof options [0]; i++)
        zmq_setsockopt (socket, options [i].option, &options [i].value, sizeof (int));
    int64_t most = (int64_t) GRADMQ_FRAME_BYTES_MAX;
    zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (type == ZMQ_REQ) {
        int on = 1;
        zmq_setsockopt (socket, ZMQ_REQ_RELAXED, &on, sizeof on);
        zmq_setsockopt (socket, ZMQ_REQ_CORRELATE, &on, sizeof on);
    }
}

gradmq_err_t
gradmq_session_socket (gradmq_session_t *self, int type, void **socket, gradmq_reason_t *why)
{
    *socket = zmq_socket (self->zmq, type);
    if (*socket == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "no socket can be made: %s",
                              zmq_strerror (errno));
    //  With the option on, ZeroMQ takes a name's IPv6 address only, so that "localhost" would not be
    //  found at 127.0.0.1.
    s_set_options (*socket, type, (int) self->linger_ms, strstr (self->control, "://[") != NULL);
    return gradmq_keys_set (&self->keys, *socket, why);
}

gradmq_err_t
gradmq_session_connect (void *socket, const char *endpoint, gradmq_reason_t *why)
{
    int rc;
    do
        rc = zmq_connect (socket, endpoint);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return GRADMQ_OK;
    return gradmq_refuse (why, GRADMQ_ERR_CONNECT, "cannot connect to %s: %s", endpoint,
                          zmq_strerror (errno));
}

int
gradmq_socket_events (void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    while (zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size) != 0)
        if (errno != EINTR)
            return 0;
    return events;
}

void
gradmq_socket_close (void **socket)
{
    if (*socket)
        zmq_close (*socket);
    *socket = NULL;
}

uint64_t
gradmq_session_ms (const gradmq_session_t *self)
{
    return gradmq_clock_ms (&self->clock);
}

void
gradmq_session_wait (gradmq_session_t *self, const char *format, ...)
{
    char text [GRADMQ_REASON_BYTES];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    if (self->waiting && strcmp (text, self->waits) == 0)
        return;
    memcpy (self->waits, text, sizeof text);
    self->waiting = true;
    if (self->on_wait)
        self->on_wait (self->waits, self->on_wait_context);
}

void
gradmq_session_go (gradmq_session_t *self)
{
    if (self->waiting && self->on_wait)
        self->on_wait (NULL, self->on_wait_context);
    self->waiting = false;
}
