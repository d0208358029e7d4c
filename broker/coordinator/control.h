//  Requests and replies on the REP socket.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_CONTROL_H
#define GRADMQ_COORDINATOR_CONTROL_H

#include "coordinator/command.h"

typedef struct gradmq_control gradmq_control_t;

//    owns    borrows everything
//    errors  NULL: out of memory
gradmq_control_t *gradmq_control_new (void *socket, gradmq_engine_t *engine,
                                      gradmq_publisher_t *publisher,
                                      const gradmq_endpoints_t *endpoints);
void gradmq_control_destroy (gradmq_control_t **self_p);

//  Answer requests without waiting, at most `most` of them.
//    returns bytes of the tensors that came with them
uint64_t gradmq_control_answer (gradmq_control_t *self, size_t most);

#endif
