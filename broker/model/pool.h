//  The pool's side towards snapshots. The room's own.

#ifndef GRADMQ_MODEL_POOL_H
#define GRADMQ_MODEL_POOL_H

#include "model/snapshot.h"

//  A buffer of undefined contents; NULL: out of memory.
//    thread  any
void *gradmq_pool_take (gradmq_pool_t *self);

//  Bring a buffer back. Frees the pool when it was destroyed and this was the last one out.
//    thread  any
void gradmq_pool_give (gradmq_pool_t *self, void *bytes);

uint64_t gradmq_pool_buffer_bytes (const gradmq_pool_t *self);

#endif
