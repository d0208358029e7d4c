//  The connections there are. What is slow is cut off: an exchange has some time from its connection's
//  begin, unless it listens to events.
//
//    thread  any

#ifndef GRADMQ_HTTP_CONNECTIONS_H
#define GRADMQ_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gradmq_connections gradmq_connections_t;
typedef struct gradmq_connection gradmq_connection_t;

//    `exchange_ms`  how much
//    errors         NULL: out of memory
gradmq_connections_t *gradmq_connections_new (uint64_t exchange_ms);

//    thread  when there are no connections any more
void gradmq_connections_destroy (gradmq_connections_t **self_p);

//  One begins.
//    owns    until gradmq_connections_remove; the descriptor stays the caller's
//    errors  NULL: out of memory
gradmq_connection_t *gradmq_connections_add (gradmq_connections_t *self, int fd);

//  One ends; its descriptor is still open. NULL is fine.
void gradmq_connections_remove (gradmq_connections_t *self, gradmq_connection_t *connection);

//  It listens from now on, and may last.
void gradmq_connections_stays (gradmq_connections_t *self, gradmq_connection_t *connection);

size_t gradmq_connections_count (gradmq_connections_t *self);

//  Cut off what takes too long.
void gradmq_connections_sweep (gradmq_connections_t *self);

#endif
