#include "cli/bench/senders.h"

#include "cli/bench/raw.h"
#include "cli/bench/server.h"
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READY_MS = 60000, RUN_MS = 120000, SETTLE_MS = 60000, CONNECTIONS_MOST = 64 };

//  Up to this, a gradient is copied by the push.
#define COPIED_BYTES (64u << 10)

static const gradmq_bench_note_t s_done = {0};

//  ------------------------------------------------------------------------------------------------
//  Sending

static void
s_leave (void *data, void *context)
{
    (void) data;
    (void) context;
}

static gradmq_err_t
s_push (gradmq_worker_t *worker, const gradmq_bench_ends_t *ends, uint64_t count,
        gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    void *data = (void *) (uintptr_t) ends->payload;
    for (uint64_t i = 0; i < count && !err; i++)
        err = ends->bytes > COPIED_BYTES
                  ? gradmq_worker_push_take (worker, data, ends->bytes, s_leave, NULL, NULL, reason)
                  : gradmq_worker_push (worker, data, ends->bytes, NULL, reason);
    return err ? err : gradmq_worker_flush (worker, SETTLE_MS, reason);
}

static gradmq_err_t
s_send_ours (int wire, const gradmq_bench_ends_t *ends, gradmq_reason_t *reason)
{
    char name [16];
    snprintf (name, sizeof name, "w%u", ends->index);
    const gradmq_options_t options = {
        .control = ends->endpoint, .name = name, .timeout_ms = SETTLE_MS, .no_updates = true};
    gradmq_worker_t *worker;
    gradmq_err_t err = gradmq_worker_open (&worker, &options, reason);
    if (err)
        return err;
    gradmq_bench_tell (wire, &s_done);
    gradmq_bench_note_t note;
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        err = s_push (worker, ends, note.count, reason);
        if (!err)
            gradmq_bench_tell (wire, &s_done);
    }
    gradmq_worker_close (&worker, 0, NULL);
    return err;
}

static gradmq_err_t
s_send_raw (int wire, const gradmq_bench_ends_t *ends, gradmq_reason_t *reason)
{
    gradmq_bench_message_t message = {.payload = ends->payload, .payload_bytes = ends->bytes};
    bool tuned = ends->way == GRADMQ_BENCH_TUNED;
    void *socket;
    if (tuned)
        gradmq_bench_gradient_header (&message);
    gradmq_err_t err = gradmq_bench_raw_connect (&socket, zmq_ctx_new (), ZMQ_PUSH, ends->mark,
                                                 ends->endpoint, reason);
    if (!err)
        gradmq_bench_tell (wire, &s_done);
    gradmq_bench_note_t note;
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        for (uint64_t i = 0; i < note.count && !err; i++)
            err = tuned ? gradmq_bench_raw_send (socket, &message, reason)
                        : gradmq_bench_raw_send_whole (socket, &message, reason);
        gradmq_bench_tell (wire, &s_done);
    }
    return err;
}

static gradmq_err_t
s_send_stream (int wire, const gradmq_bench_ends_t *ends, gradmq_reason_t *reason)
{
    int socket;
    gradmq_err_t err = gradmq_bench_stream_connect (&socket, ends->endpoint, reason);
    if (!err)
        gradmq_bench_tell (wire, &s_done);
    gradmq_bench_note_t note;
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        err = gradmq_bench_stream_write (socket, ends->payload, ends->bytes,
                                         note.count * ends->bytes, reason);
        gradmq_bench_tell (wire, &s_done);
    }
    return err;
}

gradmq_err_t
gradmq_bench_sender (int wire, const void *argument, gradmq_reason_t *reason)
{
    const gradmq_bench_ends_t *ends = argument;
    if (ends->way == GRADMQ_BENCH_OURS || ends->way == GRADMQ_BENCH_TUNED)
        gradmq_bench_tune ();
    switch (ends->way) {
        case GRADMQ_BENCH_OURS:
            return s_send_ours (wire, ends, reason);
        case GRADMQ_BENCH_STREAM:
            return s_send_stream (wire, ends, reason);
        default:
            return s_send_raw (wire, ends, reason);
    }
}

gradmq_err_t
gradmq_bench_senders_open (gradmq_bench_peer_t *peers, const gradmq_bench_ends_t *ends,
                           gradmq_reason_t *reason)
{
    gradmq_bench_ends_t own = *ends;
    gradmq_bench_note_t note;
    gradmq_err_t err = GRADMQ_OK;
    for (own.index = 0; own.index < own.senders && !err; own.index++) {
        gradmq_bench_peer_t *sender = &peers [own.index];
        err = gradmq_bench_peer_open (sender, gradmq_bench_sender, &own, reason);
        if (!err)
            err = gradmq_bench_hear (sender->wire, READY_MS, &note, reason);
    }
    return err;
}

gradmq_err_t
gradmq_bench_senders_push (const gradmq_bench_peer_t *peers, unsigned count, uint64_t gradients,
                           gradmq_reason_t *reason)
{
    gradmq_bench_note_t note;
    gradmq_err_t err = GRADMQ_OK;
    for (unsigned i = 0; i < count; i++)
        gradmq_bench_tell (peers [i].wire, &(gradmq_bench_note_t){.count = gradients});
    for (unsigned i = 0; i < count && !err; i++)
        err = gradmq_bench_hear (peers [i].wire, RUN_MS, &note, reason);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  Receiving

static void
s_tell_endpoint (int wire, const char *endpoint)
{
    gradmq_bench_note_t note = {0};
    snprintf (note.text, sizeof note.text, "%s", endpoint);
    gradmq_bench_tell (wire, &note);
}

static gradmq_err_t
s_receive_raw (int wire, const gradmq_bench_ends_t *ends, gradmq_reason_t *reason)
{
    char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES];
    memcpy (endpoint, ends->endpoint, sizeof endpoint);
    void *socket;
    gradmq_err_t err =
        gradmq_bench_raw_bind (&socket, zmq_ctx_new (), ZMQ_PULL, ends->mark, endpoint, reason);
    if (!err)
        s_tell_endpoint (wire, endpoint);
    gradmq_bench_note_t note;
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        for (uint64_t i = 0; i < note.count && !err; i++)
            err = gradmq_bench_raw_receive (socket, reason);
        gradmq_bench_tell (wire, &s_done);
    }
    return err;
}

//  Read `bytes` from whoever has some.
static gradmq_err_t
s_read (struct pollfd *items, unsigned count, char *buffer, uint64_t bytes, gradmq_reason_t *reason)
{
    for (uint64_t done = 0; done < bytes;) {
        if (count > 1 && poll (items, count, -1) < 0 && errno != EINTR)
            return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot poll: %s", strerror (errno));
        for (unsigned i = 0; i < count && done < bytes; i++) {
            if (count > 1 && !items [i].revents)
                continue;
            ssize_t size = read (items [i].fd, buffer, GRADMQ_BENCH_PIECE_BYTES);
            if (size <= 0 && errno != EINTR)
                return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot read: %s", strerror (errno));
            done += size > 0 ? (uint64_t) size : 0;
        }
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_accept (int listener, struct pollfd *items, unsigned count, gradmq_reason_t *reason)
{
    for (unsigned i = 0; i < count; i++) {
        items [i] = (struct pollfd){.fd = accept (listener, NULL, NULL), .events = POLLIN};
        if (items [i].fd < 0)
            return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot accept: %s", strerror (errno));
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_receive_stream (int wire, const gradmq_bench_ends_t *ends, gradmq_reason_t *reason)
{
    char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES];
    struct pollfd items [CONNECTIONS_MOST];
    int listener;
    memcpy (endpoint, ends->endpoint, sizeof endpoint);
    char *buffer = malloc (GRADMQ_BENCH_PIECE_BYTES);
    if (!buffer)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = gradmq_bench_stream_listen (&listener, endpoint, reason);
    if (!err)
        s_tell_endpoint (wire, endpoint);
    if (!err)
        err = s_accept (listener, items, ends->senders, reason);
    gradmq_bench_note_t note;
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        err = s_read (items, ends->senders, buffer, note.count * ends->bytes, reason);
        gradmq_bench_tell (wire, &s_done);
    }
    free (buffer);
    return err;
}

gradmq_err_t
gradmq_bench_receiver (int wire, const void *argument, gradmq_reason_t *reason)
{
    const gradmq_bench_ends_t *ends = argument;
    if (ends->way == GRADMQ_BENCH_STREAM)
        return s_receive_stream (wire, ends, reason);
    if (ends->way == GRADMQ_BENCH_TUNED)
        gradmq_bench_tune ();
    return s_receive_raw (wire, ends, reason);
}
