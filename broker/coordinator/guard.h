//  Who may send what: the coordinator's own key, the authorised ones, and the checks of section 20 of
//  the protocol. Without a key of its own everything is allowed, and this is empty.
//
//    thread  opened and closed by those who open the coordinator, otherwise the actor's alone

#ifndef GRADMQ_COORDINATOR_GUARD_H
#define GRADMQ_COORDINATOR_GUARD_H

#include "coordinator/command.h"
#include "gradmq_coordinator.h"
#include "security/zap.h"

#include <zmq.h>

typedef struct gradmq_guard {
    gradmq_certificate_t server;
    gradmq_authorised_t *authorised;  //  NULL: no keys are asked for
    gradmq_zap_t *zap;
    uint64_t lost;  //  keys that had lost their place when it was looked last
} gradmq_guard_t;

//  Load the keys that the options name, and have connections answered for: before anything is bound.
//    owns    *self is cleared by gradmq_guard_close, also after an error
//    errors  ARGUMENT (one of the two without the other), IO, FORMAT, PERMISSION, BIND, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guard_open (gradmq_guard_t *self,
                                                  const gradmq_coordinator_options_t *options,
                                                  gradmq_reason_t *reason);

//  After the sockets.
void gradmq_guard_close (gradmq_guard_t *self);

//  Make a socket that is not bound yet take connections of authorised keys only.
//    errors  UNSUPPORTED: this ZeroMQ cannot
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guard_socket (const gradmq_guard_t *self, void *socket,
                                                    gradmq_reason_t *reason);

//  Who sent a message with gradients, which takes the role of a worker.
//    returns  in *sender `permit`, filled, or NULL where no keys are asked for
//    errors   PERMISSION
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guard_sender (gradmq_guard_t *self, zmq_msg_t *header,
                                                    gradmq_permit_t *permit,
                                                    const gradmq_permit_t **sender,
                                                    gradmq_reason_t *reason);

//  Whether who sent a request may have it done: its command, and under the worker's name in it.
//    errors  PERMISSION
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guard_request (gradmq_guard_t *self, zmq_msg_t *header,
                                                     const gradmq_command_row_t *row,
                                                     const gradmq_request_t *request,
                                                     gradmq_reason_t *reason);

//  See whether the keys have changed.
//    returns  true: one lost its place since this was asked last, and what is subscribed to has to be
//             cut off
bool gradmq_guard_look (gradmq_guard_t *self);

#endif
