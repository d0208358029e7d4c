#include "model/snapshot.h"

#include "model/census.h"
#include "model/pool.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct gradmq_snapshot {
    atomic_size_t references;
    gradmq_layout_t *layout;
    void *bytes;
    gradmq_pool_t *pool;                           //  whose buffer it is; NULL: wrapped
    void (*release) (void *bytes, void *context);  //  wrapped only
    void *context;
    gradmq_census_t *census;
    uint64_t epoch;
    uint64_t version;
};

struct gradmq_census {
    atomic_size_t references;
    atomic_size_t alive;
};

gradmq_census_t *
gradmq_census_new (void)
{
    gradmq_census_t *self = calloc (1, sizeof *self);
    if (self) {
        atomic_init (&self->references, 1);
        atomic_init (&self->alive, 0);
    }
    return self;
}

void
gradmq_census_release (gradmq_census_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_census_t *self = *self_p;
    *self_p = NULL;
    if (atomic_fetch_sub_explicit (&self->references, 1, memory_order_acq_rel) == 1)
        free (self);
}

size_t
gradmq_census_alive (const gradmq_census_t *self)
{
    return atomic_load_explicit (&self->alive, memory_order_relaxed);
}

void
gradmq_snapshot_enrol (gradmq_snapshot_t *self, gradmq_census_t *census)
{
    if (self->census)
        return;
    atomic_fetch_add_explicit (&census->references, 1, memory_order_relaxed);
    atomic_fetch_add_explicit (&census->alive, 1, memory_order_relaxed);
    self->census = census;
}

static gradmq_snapshot_t *
s_new (gradmq_layout_t *layout)
{
    gradmq_snapshot_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    atomic_init (&self->references, 1);
    self->layout = gradmq_layout_acquire (layout);
    return self;
}

static void
s_free (gradmq_snapshot_t *self)
{
    if (self->census) {
        atomic_fetch_sub_explicit (&self->census->alive, 1, memory_order_relaxed);
        gradmq_census_release (&self->census);
    }
    if (self->pool)
        gradmq_pool_give (self->pool, self->bytes);
    else if (self->release)
        self->release (self->bytes, self->context);
    gradmq_layout_release (&self->layout);
    free (self);
}

gradmq_snapshot_t *
gradmq_snapshot_new (gradmq_pool_t *pool, gradmq_layout_t *layout)
{
    assert (gradmq_layout_bytes (layout) <= gradmq_pool_buffer_bytes (pool));
    gradmq_snapshot_t *self = s_new (layout);
    if (!self)
        return NULL;
    self->bytes = gradmq_pool_take (pool);
    if (!self->bytes) {
        s_free (self);
        return NULL;
    }
    self->pool = pool;
    return self;
}

gradmq_snapshot_t *
gradmq_snapshot_wrap (gradmq_layout_t *layout, void *bytes,
                      void (*release) (void *bytes, void *context), void *context)
{
    gradmq_snapshot_t *self = s_new (layout);
    if (!self)
        return NULL;
    self->bytes = bytes;
    self->release = release;
    self->context = context;
    return self;
}

gradmq_snapshot_t *
gradmq_snapshot_acquire (gradmq_snapshot_t *self)
{
    atomic_fetch_add_explicit (&self->references, 1, memory_order_relaxed);
    return self;
}

void
gradmq_snapshot_release (gradmq_snapshot_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_snapshot_t *self = *self_p;
    *self_p = NULL;
    if (atomic_fetch_sub_explicit (&self->references, 1, memory_order_acq_rel) == 1)
        s_free (self);
}

//  Acquire: what the last reader did has happened before its buffer is written to again.
bool
gradmq_snapshot_shared (const gradmq_snapshot_t *self)
{
    return atomic_load_explicit (&self->references, memory_order_acquire) > 1;
}

bool
gradmq_snapshot_pooled (const gradmq_snapshot_t *self)
{
    return self->pool != NULL;
}

const void *
gradmq_snapshot_bytes (const gradmq_snapshot_t *self)
{
    return self->bytes;
}

void *
gradmq_snapshot_write (gradmq_snapshot_t *self)
{
    assert (self->pool);
    return self->bytes;
}

gradmq_layout_t *
gradmq_snapshot_layout (const gradmq_snapshot_t *self)
{
    return self->layout;
}

uint64_t
gradmq_snapshot_epoch (const gradmq_snapshot_t *self)
{
    return self->epoch;
}

uint64_t
gradmq_snapshot_version (const gradmq_snapshot_t *self)
{
    return self->version;
}

void
gradmq_snapshot_stamp (gradmq_snapshot_t *self, uint64_t epoch, uint64_t version)
{
    self->epoch = epoch;
    self->version = version;
}
