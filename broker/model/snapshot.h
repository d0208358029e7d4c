//  One version of a model's parameters: packed, immutable once published, reference-counted.
//
//  Its buffer comes from a pool and goes back there, warm, with the last reference.

#ifndef GRADMQ_MODEL_SNAPSHOT_H
#define GRADMQ_MODEL_SNAPSHOT_H

#include "tensor/layout.h"

typedef struct gradmq_snapshot gradmq_snapshot_t;
typedef struct gradmq_pool gradmq_pool_t;

//  A pool of buffers of one size. Buffers are aligned to 64 bytes (large ones to huge pages, which
//  are asked for), touched once and kept: at most `keep` of them while unused.
//    thread  any; the pool lives until it is destroyed and its last buffer came back
//    errors  NULL: out of memory
gradmq_pool_t *gradmq_pool_new (uint64_t buffer_bytes, size_t keep);
void gradmq_pool_destroy (gradmq_pool_t **self_p);

//  Free idle buffers beyond `most`.
void gradmq_pool_trim (gradmq_pool_t *self, size_t most);

//  Buffers that are kept while unused, and those that are out now.
size_t gradmq_pool_idle (const gradmq_pool_t *self);
size_t gradmq_pool_used (const gradmq_pool_t *self);

//  A snapshot that only the caller holds and may write to, of undefined contents.
//    errors  NULL: out of memory
gradmq_snapshot_t *gradmq_snapshot_new (gradmq_pool_t *pool, gradmq_layout_t *layout);

//  A snapshot around the caller's buffer, without a copy.
//    shape   packed in the layout's master dtype
//    owns    takes `bytes`; gives it back to `release (bytes, context)` with the last reference, on
//            any thread. Nothing is taken when NULL is returned.
gradmq_snapshot_t *gradmq_snapshot_wrap (gradmq_layout_t *layout, void *bytes,
                                         void (*release) (void *bytes, void *context),
                                         void *context);

//    thread  any
gradmq_snapshot_t *gradmq_snapshot_acquire (gradmq_snapshot_t *self);
void gradmq_snapshot_release (gradmq_snapshot_t **self_p);

//  True when somebody other than the caller holds a reference.
bool gradmq_snapshot_shared (const gradmq_snapshot_t *self);

//  True when it may be written to in place: from the pool, not wrapped.
bool gradmq_snapshot_pooled (const gradmq_snapshot_t *self);

const void *gradmq_snapshot_bytes (const gradmq_snapshot_t *self);

//  For the one who makes the next version, while nobody else holds it.
void *gradmq_snapshot_write (gradmq_snapshot_t *self);

gradmq_layout_t *gradmq_snapshot_layout (const gradmq_snapshot_t *self);
uint64_t gradmq_snapshot_epoch (const gradmq_snapshot_t *self);
uint64_t gradmq_snapshot_version (const gradmq_snapshot_t *self);
void gradmq_snapshot_stamp (gradmq_snapshot_t *self, uint64_t epoch, uint64_t version);

#endif
