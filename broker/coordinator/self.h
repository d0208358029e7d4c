//  What the files of the embeddable coordinator share.

#ifndef GRADMQ_COORDINATOR_SELF_H
#define GRADMQ_COORDINATOR_SELF_H

#include "coordinator/actor.h"
#include "gradmq_coordinator.h"

struct gradmq_coordinator {
    zactor_t *actor;
    pthread_mutex_t calls;  //  one call at a time uses the pipe
    gradmq_shared_t shared;
    bool resumed;  //  it goes on from what its folder had
};

//  Have the actor make a call, and wait until it is made.
void gradmq_coordinator_call (gradmq_coordinator_t *self,
                              void (*run) (gradmq_engine_t *engine, void *arguments),
                              void *arguments);

#endif
