#include "keys.h"

#include "core/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

//  A file with the coordinator's public key, or the key itself, which is no secret.
static gradmq_err_t
s_load_server_key (gradmq_keys_t *self, const char *text, gradmq_reason_t *why)
{
    gradmq_certificate_t server;
    if (access (text, F_OK) != 0 && gradmq_key_valid (text)) {
        memcpy (self->server_key, text, sizeof self->server_key);
        return GRADMQ_OK;
    }
    gradmq_err_t err = gradmq_certificate_load_public (&server, AT_FDCWD, text, why);
    if (err)
        return err;
    memcpy (self->server_key, server.public_key, sizeof self->server_key);
    gradmq_certificate_wipe (&server);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_keys_load (gradmq_keys_t *self, const gradmq_options_t *options, gradmq_reason_t *why)
{
    bool secret = options->secret && options->secret [0];
    bool server_key = options->server_key && options->server_key [0];
    memset (self, 0, sizeof *self);
    if (!secret && !server_key)
        return GRADMQ_OK;
    if (!secret || !server_key)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "%s is given without %s: CURVE needs both, this client's own "
                              "certificate (`gradmq keygen NAME`) and the coordinator's public one",
                              secret ? "secret" : "server_key", secret ? "server_key" : "secret");
    gradmq_err_t err = gradmq_certificate_load_secret (&self->own, options->secret, why);
    if (!err)
        err = s_load_server_key (self, options->server_key, why);
    self->given = !err;
    if (err)
        gradmq_keys_wipe (self);
    return err;
}

void
gradmq_keys_wipe (gradmq_keys_t *self)
{
    gradmq_certificate_wipe (&self->own);
    self->given = false;
}

gradmq_err_t
gradmq_keys_set (const gradmq_keys_t *self, void *socket, gradmq_reason_t *why)
{
    const size_t size = GRADMQ_KEY_BYTES + 1;
    if (!self->given)
        return GRADMQ_OK;
    if (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, self->server_key, size) == 0
        && zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, self->own.public_key, size) == 0
        && zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, self->own.secret_key, size) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (why, GRADMQ_ERR_UNSUPPORTED, "this ZeroMQ cannot do CURVE: %s",
                          zmq_strerror (zmq_errno ()));
}

//  --------------------------------------------------------------------------------------------
//  Handshakes

#define TELLS_OF_FAILURE                                                                           \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL                                    \
     | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
#define TELLS_OF_NONE (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED)

gradmq_err_t
gradmq_handshake_watch (gradmq_handshake_t *self, const gradmq_keys_t *keys, void *context,
                        void *socket, gradmq_reason_t *why)
{
    char endpoint [64];
    const int at_once = 0;
    *self = (gradmq_handshake_t){0};
    if (!keys->given)
        return GRADMQ_OK;
    snprintf (endpoint, sizeof endpoint, "inproc://gradmq-handshake-%p-%08" PRIx32, socket,
              (uint32_t) gradmq_random_u64 ());
    self->monitor = zmq_socket (context, ZMQ_PAIR);
    if (self->monitor && zmq_setsockopt (self->monitor, ZMQ_LINGER, &at_once, sizeof at_once) == 0
        && zmq_socket_monitor (socket, endpoint, TELLS_OF_FAILURE | TELLS_OF_NONE) == 0
        && zmq_connect (self->monitor, endpoint) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "the handshake cannot be watched: %s",
                          zmq_strerror (zmq_errno ()));
}

void
gradmq_handshake_close (gradmq_handshake_t *self, void *socket)
{
    if (!self->monitor)
        return;
    if (socket)
        zmq_socket_monitor (socket, NULL, 0);
    zmq_close (self->monitor);
    self->monitor = NULL;
}

//  A peer that is not let in hears nothing, and is cut off some time later: that it is connected, and no
//  more, is all that can be known. A handshake that comes to its end does so at once.
static void
s_take (gradmq_handshake_t *self, int event)
{
    if (event == ZMQ_EVENT_DISCONNECTED)
        self->failed = !self->up;
    else
        self->failed = (event & TELLS_OF_FAILURE) != 0;
    self->up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
}

bool
gradmq_handshake_failed (gradmq_handshake_t *self)
{
    //  Each event is two frames: what and how, then where.
    uint8_t what [6];
    char where [256];
    while (self->monitor && zmq_recv (self->monitor, what, sizeof what, ZMQ_DONTWAIT) > 0) {
        uint16_t event;
        memcpy (&event, what, sizeof event);
        s_take (self, event);
        if (zmq_recv (self->monitor, where, sizeof where, 0) < 0)
            break;
    }
    return self->failed;
}
