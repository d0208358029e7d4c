//  The four sockets: made, set and bound before the actor starts.

#ifndef GRADMQ_COORDINATOR_SOCKETS_H
#define GRADMQ_COORDINATOR_SOCKETS_H

#include "coordinator/guard.h"
#include "gradmq_coordinator.h"

#include <czmq.h>

#define GRADMQ_ENDPOINTS_MAX 16

//  The sockets, in the order in which they are kept.
typedef enum {
    GRADMQ_SOCKET_CONTROL,
    GRADMQ_SOCKET_GRADIENTS,
    GRADMQ_SOCKET_UPDATES,
    GRADMQ_SOCKET_EVENTS,
    GRADMQ_SOCKETS
} gradmq_socket_t;

//  Endpoints that a socket was bound to, as clients can be told.
typedef struct {
    char *items [GRADMQ_ENDPOINTS_MAX];
    size_t count;
} gradmq_bound_t;

typedef struct {
    zsock_t *control, *gradients, *updates, *events;  //  NULL: no endpoints were given
    gradmq_bound_t bound [GRADMQ_SOCKETS];
    const gradmq_guard_t *guard;
    int linger_ms;
    int hwm [GRADMQ_SOCKETS];
    bool plain_tcp;
    gradmq_endpoints_t endpoints;
} gradmq_sockets_t;

//  Make the sockets that the options name, which take connections as the guard has it.
//    owns    *self is cleared by gradmq_sockets_close, also after an error; borrows `guard` until then
//    errors  BIND, ARGUMENT, MEMORY, UNSUPPORTED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_sockets_open (gradmq_sockets_t *self,
                                                    const gradmq_coordinator_options_t *options,
                                                    const gradmq_guard_t *guard,
                                                    gradmq_reason_t *reason);

//  Make updates and events anew at the same endpoints: whoever was connected has to connect again. It
//  is the only way to part from a subscriber.
//    errors  BIND: an endpoint was taken meanwhile; MEMORY. To be called again then.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_sockets_renew (gradmq_sockets_t *self,
                                                     gradmq_reason_t *reason);

//  Close the sockets; what they were bound to stays known.
void gradmq_sockets_shut (gradmq_sockets_t *self);

//  Close and forget everything.
void gradmq_sockets_close (gradmq_sockets_t *self);

#endif
