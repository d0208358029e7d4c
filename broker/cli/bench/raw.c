#include "cli/bench/raw.h"

#include "wire/gradient.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  What the client copies instead of referring to it.
#define COPIED_BYTES (64u << 10)

void
gradmq_bench_tune (void)
{
    mallopt (M_MMAP_THRESHOLD, 1 << 30);
    mallopt (M_TRIM_THRESHOLD, INT_MAX);
    mallopt (M_ARENA_MAX, 1);
}

void
gradmq_bench_endpoint (char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES], const char *transport,
                       const char *folder, const char *name)
{
    if (strcmp (transport, "tcp") == 0)
        snprintf (endpoint, GRADMQ_BENCH_ENDPOINT_BYTES, "tcp://127.0.0.1:*");
    else
        snprintf (endpoint, GRADMQ_BENCH_ENDPOINT_BYTES, "ipc://%.100s/%.60s", folder, name);
}

static gradmq_err_t
s_refuse (const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", what, zmq_strerror (errno));
}

static gradmq_err_t
s_open (void **socket_p, void *context, int type, int mark, gradmq_reason_t *reason)
{
    void *socket = *socket_p = zmq_socket (context, type);
    if (!socket)
        return s_refuse ("no socket", reason);
    if (mark) {
        zmq_setsockopt (socket, ZMQ_SNDHWM, &mark, sizeof mark);
        zmq_setsockopt (socket, ZMQ_RCVHWM, &mark, sizeof mark);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_raw_bind (void **socket_p, void *context, int type, int mark,
                       char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES], gradmq_reason_t *reason)
{
    gradmq_err_t err = s_open (socket_p, context, type, mark, reason);
    if (err)
        return err;
    size_t size = GRADMQ_BENCH_ENDPOINT_BYTES;
    if (zmq_bind (*socket_p, endpoint)
        || zmq_getsockopt (*socket_p, ZMQ_LAST_ENDPOINT, endpoint, &size))
        return s_refuse (endpoint, reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_raw_connect (void **socket_p, void *context, int type, int mark, const char *endpoint,
                          gradmq_reason_t *reason)
{
    gradmq_err_t err = s_open (socket_p, context, type, mark, reason);
    if (!err && zmq_connect (*socket_p, endpoint))
        err = s_refuse (endpoint, reason);
    return err;
}

void
gradmq_bench_gradient_header (gradmq_bench_message_t *self)
{
    gradmq_gradient_t gradient;
    gradmq_gradient_init (&gradient);
    snprintf (gradient.model, sizeof gradient.model, "bench");
    snprintf (gradient.worker, sizeof gradient.worker, "w0");
    gradient.incarnation = UINT64_C (1) << 50;
    gradient.sequence = 10000;
    gradient.low_water = 9000;
    gradient.layout = UINT64_MAX;
    self->header_size =
        gradmq_wire_encode_gradient_into (&gradient, self->header, sizeof self->header);
}

static void
s_keep (void *data, void *hint)
{
    (void) data;
    (void) hint;
}

static bool
s_send_pieces (void *socket, const gradmq_bench_message_t *message)
{
    for (uint64_t at = 0; at < message->payload_bytes;) {
        uint64_t size = message->payload_bytes - at;
        if (size > GRADMQ_BENCH_PIECE_BYTES)
            size = GRADMQ_BENCH_PIECE_BYTES;
        zmq_msg_t frame;
        void *piece = (void *) (uintptr_t) (message->payload + at);
        at += size;
        int flags = at < message->payload_bytes ? ZMQ_SNDMORE : 0;
        if (zmq_msg_init_data (&frame, piece, (size_t) size, s_keep, NULL)
            || zmq_msg_send (&frame, socket, flags) < 0)
            return false;
    }
    return true;
}

gradmq_err_t
gradmq_bench_raw_send (void *socket, const gradmq_bench_message_t *message, gradmq_reason_t *reason)
{
    bool sent = true;
    int more = message->payload_bytes ? ZMQ_SNDMORE : 0;
    if (message->topic_size)
        sent = zmq_send (socket, message->topic, message->topic_size, ZMQ_SNDMORE) >= 0;
    sent = sent && zmq_send (socket, message->header, message->header_size, more) >= 0;
    if (message->payload_bytes > COPIED_BYTES)
        sent = sent && s_send_pieces (socket, message);
    else if (message->payload_bytes)
        sent = sent && zmq_send (socket, message->payload, (size_t) message->payload_bytes, 0) >= 0;
    return sent ? GRADMQ_OK : s_refuse ("cannot send", reason);
}

gradmq_err_t
gradmq_bench_raw_send_whole (void *socket, const gradmq_bench_message_t *message,
                             gradmq_reason_t *reason)
{
    if (zmq_send (socket, message->payload, (size_t) message->payload_bytes, 0) < 0)
        return s_refuse ("cannot send", reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_bench_raw_receive (void *socket, gradmq_reason_t *reason)
{
    int more = 1;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (zmq_msg_recv (&frame, socket, 0) < 0)
            return s_refuse ("cannot receive", reason);
        more = zmq_msg_more (&frame);
        zmq_msg_close (&frame);
    }
    return GRADMQ_OK;
}
