//  The coordinator's actor: one thread that owns engine and sockets, and goes round between its pipe,
//  control and gradients.

#ifndef GRADMQ_COORDINATOR_ACTOR_H
#define GRADMQ_COORDINATOR_ACTOR_H

#include "coordinator/engine.h"
#include "coordinator/guard.h"
#include "coordinator/sockets.h"

#include <pthread.h>
#include <stdatomic.h>

//  What the actor and those who call it share.
typedef struct {
    gradmq_engine_t *engine;   //  the actor's, once it runs
    gradmq_sockets_t sockets;  //  the actor's, once it runs
    gradmq_guard_t guard;      //  the same
    gradmq_clock_t clock;
    bool fixed_hwm;                 //  of updates
    atomic_uint_fast64_t round_ms;  //  when it last went round
    atomic_uint_fast64_t read_ms;   //  when it last read a gradient or parameters
    atomic_bool closing;
    //  Progress, for those who wait for it.
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    uint64_t version;
    uint64_t queued;
} gradmq_shared_t;

//  A call to be made on the actor's thread. Its address goes through the pipe; a signal comes back.
typedef struct {
    void (*run) (gradmq_engine_t *engine, void *arguments);
    void *arguments;
} gradmq_call_t;

//  For zactor_new; args is a gradmq_shared_t.
void gradmq_actor (zsock_t *pipe, void *args);

#endif
