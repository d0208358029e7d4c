#include "model/model.h"

#include "model/census.h"
#include "model/finite.h"
#include "model/pool.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define S_KEEP 2u           //  idle buffers: the one before and one that a reader brought back
#define S_LOAD_BLOCK 4096u  //  elements

struct gradmq_model {
    gradmq_clock_t clock;
    gradmq_census_t *census;
    gradmq_pool_t *pool;
    gradmq_snapshot_t *newest;
    gradmq_snapshot_t *origin;  //  whose bytes the newest shows, where it has none of its own
    uint64_t last_epoch;
    gradmq_snapshot_t *retained [GRADMQ_RETAINED_MAX];  //  oldest first
    size_t retained_count, retain;
};

static void
s_forget_retained (gradmq_model_t *self, size_t most)
{
    size_t drop = self->retained_count > most ? self->retained_count - most : 0;
    for (size_t i = 0; i < drop; i++)
        gradmq_snapshot_release (&self->retained [i]);
    self->retained_count -= drop;
    for (size_t i = 0; i < self->retained_count; i++)
        self->retained [i] = self->retained [i + drop];
}

gradmq_model_t *
gradmq_model_new (gradmq_clock_t clock)
{
    gradmq_model_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->clock = clock;
    self->census = gradmq_census_new ();
    if (!self->census)
        gradmq_model_destroy (&self);
    return self;
}

void
gradmq_model_destroy (gradmq_model_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_model_t *self = *self_p;
    *self_p = NULL;
    s_forget_retained (self, 0);
    gradmq_snapshot_release (&self->newest);
    gradmq_pool_destroy (&self->pool);
    gradmq_census_release (&self->census);
    free (self);
}

//  Rule P-2.
static uint64_t
s_next_epoch (gradmq_model_t *self)
{
    uint64_t now = gradmq_clock_unix_us (&self->clock);
    self->last_epoch = now > self->last_epoch ? now : self->last_epoch + 1;
    return self->last_epoch;
}

static void
s_replace (gradmq_model_t *self, gradmq_snapshot_t *next)
{
    gradmq_snapshot_enrol (next, self->census);
    gradmq_snapshot_release (&self->newest);
    self->newest = next;
    self->origin = NULL;
}

//  A new epoch: no base of the old one is taken any more.
static void
s_begin_epoch (gradmq_model_t *self, gradmq_snapshot_t *next)
{
    s_forget_retained (self, 0);
    s_replace (self, next);
}

static void
s_retain_newest (gradmq_model_t *self)
{
    if (!self->retain)
        return;
    s_forget_retained (self, self->retain - 1);
    self->retained [self->retained_count++] = gradmq_snapshot_acquire (self->newest);
}

//  A pool for this layout: the one that is there when its buffers have the right size.
static gradmq_pool_t *
s_pool_for (const gradmq_model_t *self, const gradmq_layout_t *layout)
{
    uint64_t bytes = gradmq_layout_bytes (layout);
    if (self->pool && gradmq_pool_buffer_bytes (self->pool) == bytes)
        return self->pool;
    return gradmq_pool_new (bytes, S_KEEP);
}

static void
s_keep_pool (gradmq_model_t *self, gradmq_pool_t *pool)
{
    if (pool == self->pool)
        return;
    gradmq_pool_destroy (&self->pool);
    self->pool = pool;
}

static void
s_drop_pool (const gradmq_model_t *self, gradmq_pool_t *pool)
{
    if (pool != self->pool)
        gradmq_pool_destroy (&pool);
}

static gradmq_err_t
s_refuse_element (const gradmq_layout_t *layout, uint64_t element, gradmq_reason_t *reason)
{
    size_t index = 0;
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, 0);
    while (element >= tensor->first + tensor->elements)
        tensor = gradmq_layout_tensor (layout, ++index);
    return gradmq_refuse (
        reason, GRADMQ_ERR_NON_FINITE, "element %" PRIu64 " of tensor '%s' is not finite in %s",
        element - tensor->first, tensor->name, gradmq_layout_dtype (layout)->name);
}

static void
s_convert (const gradmq_dtype_t *master, void *to, const gradmq_dtype_t *dtype, const void *from,
           size_t count)
{
    if (master->code == GRADMQ_DTYPE_F64)
        dtype->to_f64 (to, from, count);
    else
        dtype->to_f32 (to, from, count);
}

static gradmq_err_t
s_fill (gradmq_snapshot_t *snapshot, const gradmq_dtype_t *dtype, const gradmq_payload_t *payload,
        gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_snapshot_layout (snapshot);
    const gradmq_dtype_t *master = gradmq_layout_dtype (layout);
    uint8_t *bytes = gradmq_snapshot_write (snapshot);
    uint64_t elements = gradmq_layout_elements (layout);
    gradmq_payload_mark_t mark = gradmq_payload_seek (payload, 0);
    for (uint64_t done = 0; done < elements;) {
        uint8_t scratch [S_LOAD_BLOCK * sizeof (double)];
        uint64_t left = elements - done;
        size_t count = left < S_LOAD_BLOCK ? (size_t) left : S_LOAD_BLOCK;
        const void *from = gradmq_payload_read (payload, &mark, count * dtype->size, scratch);
        void *to = bytes + done * master->size;
        s_convert (master, to, dtype, from, count);
        size_t bad = gradmq_finite_first_bad (master, to, count);
        if (bad < count)
            return s_refuse_element (layout, done + bad, reason);
        done += count;
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_no_memory (const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a model of %" PRIu64 " bytes",
                          gradmq_layout_bytes (layout));
}

gradmq_err_t
gradmq_model_load (gradmq_model_t *self, gradmq_layout_t *layout, const gradmq_dtype_t *dtype,
                   const gradmq_payload_t *payload, gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_payload_check_dense (payload, layout, dtype, reason);
    if (rc)
        return rc;
    gradmq_pool_t *pool = s_pool_for (self, layout);
    if (!pool)
        return s_no_memory (layout, reason);
    gradmq_snapshot_t *next = gradmq_snapshot_new (pool, layout);
    rc = next ? s_fill (next, dtype, payload, reason) : s_no_memory (layout, reason);
    if (rc) {
        gradmq_snapshot_release (&next);
        s_drop_pool (self, pool);
        return rc;
    }
    s_keep_pool (self, pool);
    gradmq_snapshot_stamp (next, s_next_epoch (self), 0);
    s_begin_epoch (self, next);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_model_take (gradmq_model_t *self, gradmq_snapshot_t **snapshot_p, gradmq_reason_t *reason)
{
    gradmq_snapshot_t *next = *snapshot_p;
    const gradmq_layout_t *layout = gradmq_snapshot_layout (next);
    uint64_t elements = gradmq_layout_elements (layout);
    size_t bad = gradmq_finite_first_bad (gradmq_layout_dtype (layout),
                                          gradmq_snapshot_bytes (next), (size_t) elements);
    if (bad < elements)
        return s_refuse_element (layout, bad, reason);
    gradmq_pool_t *pool = s_pool_for (self, layout);
    if (!pool)
        return s_no_memory (layout, reason);
    s_keep_pool (self, pool);
    *snapshot_p = NULL;
    gradmq_snapshot_stamp (next, s_next_epoch (self), 0);
    s_begin_epoch (self, next);
    return GRADMQ_OK;
}

static void
s_release_origin (void *bytes, void *context)
{
    (void) bytes;
    gradmq_snapshot_t *origin = context;
    gradmq_snapshot_release (&origin);
}

//  A published stamp never changes: who holds the newest snapshot keeps it as it is, and the new
//  epoch begins with another snapshot around the same bytes. It is not counted beside its origin,
//  as it costs nothing.
gradmq_err_t
gradmq_model_new_epoch (gradmq_model_t *self)
{
    if (!self->newest)
        return GRADMQ_ERR_NO_MODEL;
    s_forget_retained (self, 0);
    if (!gradmq_snapshot_shared (self->newest)) {
        gradmq_snapshot_stamp (self->newest, s_next_epoch (self), 0);
        return GRADMQ_OK;
    }
    gradmq_snapshot_t *origin =
        gradmq_snapshot_acquire (self->origin ? self->origin : self->newest);
    void *bytes = (void *) (uintptr_t) gradmq_snapshot_bytes (origin);
    gradmq_snapshot_t *next =
        gradmq_snapshot_wrap (gradmq_snapshot_layout (origin), bytes, s_release_origin, origin);
    if (!next) {
        gradmq_snapshot_release (&origin);
        return GRADMQ_ERR_MEMORY;
    }
    gradmq_snapshot_stamp (next, s_next_epoch (self), 0);
    gradmq_snapshot_release (&self->newest);
    self->newest = next;
    self->origin = origin;
    return GRADMQ_OK;
}

void
gradmq_model_place (gradmq_model_t *self, uint64_t epoch, uint64_t version)
{
    assert (self->newest && !gradmq_snapshot_shared (self->newest) && !self->retained_count);
    gradmq_snapshot_stamp (self->newest, epoch, version);
    self->last_epoch = epoch;
}

//  True when this version comes after those kept and before the newest.
static bool
s_keeps (const gradmq_model_t *self, uint64_t version)
{
    const gradmq_snapshot_t *last =
        self->retained_count ? self->retained [self->retained_count - 1] : NULL;
    return self->retain && version < gradmq_snapshot_version (self->newest)
           && (!last || version > gradmq_snapshot_version (last));
}

gradmq_err_t
gradmq_model_keep (gradmq_model_t *self, uint64_t version, const gradmq_payload_t *payload,
                   gradmq_reason_t *reason)
{
    if (!self->newest)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    if (!s_keeps (self, version))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "version %" PRIu64 " cannot be kept beside version %" PRIu64, version,
                              gradmq_snapshot_version (self->newest));
    gradmq_layout_t *layout = gradmq_snapshot_layout (self->newest);
    const gradmq_dtype_t *dtype = gradmq_layout_dtype (layout);
    gradmq_err_t rc = gradmq_payload_check_dense (payload, layout, dtype, reason);
    if (rc)
        return rc;
    gradmq_snapshot_t *kept = gradmq_snapshot_new (self->pool, layout);
    rc = kept ? s_fill (kept, dtype, payload, reason) : s_no_memory (layout, reason);
    if (rc) {
        gradmq_snapshot_release (&kept);
        return rc;
    }
    gradmq_snapshot_stamp (kept, gradmq_model_epoch (self), version);
    gradmq_snapshot_enrol (kept, self->census);
    s_forget_retained (self, self->retain - 1);
    self->retained [self->retained_count++] = kept;
    return GRADMQ_OK;
}

bool
gradmq_model_loaded (const gradmq_model_t *self)
{
    return self->newest != NULL;
}

uint64_t
gradmq_model_epoch (const gradmq_model_t *self)
{
    return self->newest ? gradmq_snapshot_epoch (self->newest) : 0;
}

uint64_t
gradmq_model_version (const gradmq_model_t *self)
{
    return self->newest ? gradmq_snapshot_version (self->newest) : 0;
}

gradmq_layout_t *
gradmq_model_layout (const gradmq_model_t *self)
{
    return self->newest ? gradmq_snapshot_layout (self->newest) : NULL;
}

gradmq_snapshot_t *
gradmq_model_newest (const gradmq_model_t *self)
{
    return self->newest;
}

size_t
gradmq_model_pinned (const gradmq_model_t *self)
{
    return gradmq_census_alive (self->census) - (self->newest ? 1 : 0) - self->retained_count;
}

void
gradmq_model_retain (gradmq_model_t *self, size_t count)
{
    self->retain = count < GRADMQ_RETAINED_MAX ? count : GRADMQ_RETAINED_MAX;
    s_forget_retained (self, self->retain);
}

gradmq_snapshot_t *
gradmq_model_retained (const gradmq_model_t *self, uint64_t version)
{
    if (self->newest && gradmq_snapshot_version (self->newest) == version)
        return self->newest;
    for (size_t i = 0; i < self->retained_count; i++)
        if (gradmq_snapshot_version (self->retained [i]) == version)
            return self->retained [i];
    return NULL;
}

gradmq_err_t
gradmq_model_next (gradmq_model_t *self, bool in_place, gradmq_snapshot_t **next_p)
{
    *next_p = NULL;
    if (!self->newest)
        return GRADMQ_ERR_NO_MODEL;
    if (in_place && !self->retain && gradmq_snapshot_pooled (self->newest)
        && !gradmq_snapshot_shared (self->newest))
        *next_p = gradmq_snapshot_acquire (self->newest);
    else
        *next_p = gradmq_snapshot_new (self->pool, gradmq_snapshot_layout (self->newest));
    return *next_p ? GRADMQ_OK : GRADMQ_ERR_MEMORY;
}

void
gradmq_model_commit (gradmq_model_t *self, gradmq_snapshot_t **next_p, uint64_t steps)
{
    gradmq_snapshot_t *next = *next_p;
    *next_p = NULL;
    gradmq_snapshot_stamp (next, gradmq_model_epoch (self), gradmq_model_version (self) + steps);
    if (next == self->newest) {
        gradmq_snapshot_release (&next);
        return;
    }
    s_retain_newest (self);
    s_replace (self, next);
}

void
gradmq_model_rest (gradmq_model_t *self)
{
    if (self->pool)
        gradmq_pool_trim (self->pool, 1);
}
