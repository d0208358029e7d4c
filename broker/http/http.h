//  What gradmqd tells over HTTP: a page, metrics, health, status, and a stream of events. It only reads.
//
//  Two threads of its own. One looks at the coordinator (coordinator/look.h) once a second, and four times a
//  second at reports on steps while somebody listens; the other is libmicrohttpd's, and answers from what
//  was seen last. Neither touches the coordinator's state, and it waits for neither.

#ifndef GRADMQ_HTTP_HTTP_H
#define GRADMQ_HTTP_HTTP_H

#include "core/address.h"
#include "gradmq_coordinator.h"

typedef struct gradmq_http gradmq_http_t;

typedef struct {
    const gradmq_address_t *address;
    gradmq_coordinator_t *coordinator;  //  outlives it
    uint64_t heartbeat_ms;              //  of the coordinator
    unsigned exchange_s;  //  longest time from a connection to the end of its answer; 0: 10
} gradmq_http_options_t;

//    owns    *self_p is the caller's: gradmq_http_close; NULL on error
//    errors  BIND, with the address and why; IO: libmicrohttpd cannot be loaded; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_http_open (gradmq_http_t **self_p,
                                                 const gradmq_http_options_t *options,
                                                 gradmq_reason_t *reason);

//  End every answer and both threads. NULL is fine.
void gradmq_http_close (gradmq_http_t **self_p);

//  Where it listens, with the port that the system chose.
//    owns    borrowed, until close
const char *gradmq_http_address (const gradmq_http_t *self);

#endif
