//  What a worker, a remote and a watch have in common: options with their defaults, a ZeroMQ context,
//  sockets with every option that PROTOCOL.md and ZeroMQ's dangers ask for, and telling the caller
//  what is waited for.

#ifndef GRADMQ_CLIENT_SESSION_H
#define GRADMQ_CLIENT_SESSION_H

#include "buffer.h"
#include "endpoint.h"
#include "gradmq.h"
#include "keys.h"

#include "core/clock.h"
#include "core/limit.h"

//  A Leave is worth no longer wait than this.
#define GRADMQ_LEAVE_MS 2000u

//  Times that tests shorten.
typedef struct {
    uint32_t confirm_ms;        //  between the two looks of rule S-3
    uint32_t retry_ms;          //  first wait before a request is asked again
    uint32_t sync_retry_ms;     //  between Syncs with one nonce
    uint32_t resync_jitter_ms;  //  longest random wait before a Get
} gradmq_pace_t;

//  The protocol's.
gradmq_pace_t gradmq_pace_usual (void);

typedef struct {
    char control [GRADMQ_ENDPOINT_BYTES];
    char model [GRADMQ_NAME_BYTES_MAX + 1];   //  "" until it is known
    char name [GRADMQ_NAME_BYTES_MAX + 1];    //  worker's or client's
    char stream [GRADMQ_NAME_BYTES_MAX + 1];  //  "" : the master dtype's
    uint32_t timeout_ms, request_ms, linger_ms, window;
    bool no_updates;
    gradmq_pace_t pace;
    gradmq_keys_t keys;
    void *zmq;
    bool zmq_owned;
    gradmq_buffers_t *buffers;
    gradmq_clock_t clock;
    void (*on_wait) (const char *text, void *context);
    void *on_wait_context;
    char waits [GRADMQ_REASON_BYTES];
    bool waiting;
} gradmq_session_t;

//  Check the options, fill in what is not given, make the context.
//    errors  ARGUMENT, NAME, MEMORY; of keys IO, FORMAT, PERMISSION; nothing is then owned
GRADMQ_MUST_CHECK gradmq_err_t gradmq_session_open (gradmq_session_t *self,
                                                    const gradmq_options_t *options,
                                                    const gradmq_pace_t *pace,
                                                    gradmq_reason_t *why);

//  Close the context; waits for linger at most. All sockets have been closed.
void gradmq_session_close (gradmq_session_t *self);

//  A socket of this type with our options and keys, not connected.
//    errors  MEMORY, UNSUPPORTED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_session_socket (gradmq_session_t *self, int type,
                                                      void **socket, gradmq_reason_t *why);

//    errors  CONNECT: not an endpoint
GRADMQ_MUST_CHECK gradmq_err_t gradmq_session_connect (void *socket, const char *endpoint,
                                                       gradmq_reason_t *why);

//  ZMQ_POLLIN and ZMQ_POLLOUT, whichever would not wait; 0 where that cannot be told.
int gradmq_socket_events (void *socket);

//  Close *socket and null it.
void gradmq_socket_close (void **socket);

uint64_t gradmq_session_ms (const gradmq_session_t *self);

//  Say what is waited for, where it changed.
void gradmq_session_wait (gradmq_session_t *self, const char *format, ...) GRADMQ_PRINTF (2, 3);

//  The wait is over.
void gradmq_session_go (gradmq_session_t *self);

#endif
