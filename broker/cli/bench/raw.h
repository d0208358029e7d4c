//  What this product is compared with: ZeroMQ's sockets and the system's, used by hand.

#ifndef GRADMQ_CLI_BENCH_RAW_H
#define GRADMQ_CLI_BENCH_RAW_H

#include "cli/bench/peer.h"

#include <stdbool.h>
#include <zmq.h>

//  Large payloads go in pieces of this size; so does everything over a plain socket.
#define GRADMQ_BENCH_PIECE_BYTES (1u << 20)

//  Settings of the allocator that gradmqd makes for itself.
void gradmq_bench_tune (void);

//  An endpoint for bind: "tcp://127.0.0.1:*", or "ipc://" and a file in `folder`.
void gradmq_bench_endpoint (char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES], const char *transport,
                            const char *folder, const char *name);

//  A socket of ZeroMQ, bound; *endpoint becomes what peers connect to.
//    `mark`  high-water mark of both directions; 0: ZeroMQ's own
//    owns    the caller's, who ends with the process
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_raw_bind (void **socket_p, void *context, int type,
                                                      int mark,
                                                      char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES],
                                                      gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_raw_connect (void **socket_p, void *context, int type,
                                                         int mark, const char *endpoint,
                                                         gradmq_reason_t *reason);

//  A message as this product cuts it: up to two short frames in front, then the payload, copied
//  where it is short, else in pieces that are not.
typedef struct {
    char topic [64];  //  with topic_size 0: none
    size_t topic_size;
    char header [256];
    size_t header_size;
    const char *payload;  //  stays as it is until the process ends
    uint64_t payload_bytes;
} gradmq_bench_message_t;

//  The header that a gradient of this size has here.
void gradmq_bench_gradient_header (gradmq_bench_message_t *self);

GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_raw_send (void *socket,
                                                      const gradmq_bench_message_t *message,
                                                      gradmq_reason_t *reason);

//  The payload alone, in one frame that ZeroMQ copies: how it is used first.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_raw_send_whole (void *socket,
                                                            const gradmq_bench_message_t *message,
                                                            gradmq_reason_t *reason);

//  Receive a message to its last frame and drop it.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_raw_receive (void *socket, gradmq_reason_t *reason);

//  A plain stream socket that listens; `endpoint` as for ZeroMQ, "tcp://127.0.0.1:*" too.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_stream_listen (
    int *socket, char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES], gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_stream_connect (int *socket, const char *endpoint,
                                                            gradmq_reason_t *reason);

//  Write `bytes`, over and over from `payload`, which is `payload_bytes` long.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_stream_write (int socket, const char *payload,
                                                          uint64_t payload_bytes, uint64_t bytes,
                                                          gradmq_reason_t *reason);

#endif
