#include "coordinator/stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { DTYPES_MAX = 8, CONVERTED_AT_A_TIME = 4096 };

struct gradmq_image {
    atomic_size_t references;
    gradmq_snapshot_t *snapshot;  //  the version that a reader holds; NULL: it is only kept
    gradmq_image_t *kept;         //  whose bytes these are; NULL: the snapshot's, or its own
    const uint8_t *bytes;
    uint64_t size;
    uint64_t epoch, version;
    uint32_t dtype;
    uint8_t own [];
};

struct gradmq_streams {
    gradmq_image_t *kept [DTYPES_MAX];  //  by dtype code; converted ones only
};

gradmq_streams_t *
gradmq_streams_new (void)
{
    return calloc (1, sizeof (gradmq_streams_t));
}

void
gradmq_streams_forget (gradmq_streams_t *self)
{
    for (size_t i = 0; i < DTYPES_MAX; i++)
        gradmq_image_release (&self->kept [i]);
}

void
gradmq_streams_destroy (gradmq_streams_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_streams_forget (*self_p);
    free (*self_p);
    *self_p = NULL;
}

gradmq_image_t *
gradmq_image_acquire (gradmq_image_t *self)
{
    atomic_fetch_add_explicit (&self->references, 1, memory_order_relaxed);
    return self;
}

void
gradmq_image_release (gradmq_image_t **self_p)
{
    gradmq_image_t *self = *self_p;
    *self_p = NULL;
    if (!self || atomic_fetch_sub_explicit (&self->references, 1, memory_order_acq_rel) != 1)
        return;
    gradmq_snapshot_release (&self->snapshot);
    gradmq_image_release (&self->kept);
    free (self);
}

const uint8_t *
gradmq_image_bytes (const gradmq_image_t *self)
{
    return self->bytes;
}

uint64_t
gradmq_image_size (const gradmq_image_t *self)
{
    return self->size;
}

//  An image with room for `own` bytes of its own.
static gradmq_image_t *
s_new (gradmq_snapshot_t *snapshot, uint32_t dtype, uint64_t own)
{
    gradmq_image_t *self = malloc (sizeof *self + own);
    if (!self)
        return NULL;
    atomic_init (&self->references, 1);
    self->snapshot = NULL;
    self->kept = NULL;
    self->bytes = self->own;
    self->size = own;
    self->epoch = gradmq_snapshot_epoch (snapshot);
    self->version = gradmq_snapshot_version (snapshot);
    self->dtype = dtype;
    return self;
}

//  Convert by way of the wider of the two types, so that nothing is rounded twice.
static void
s_convert (gradmq_image_t *to, const gradmq_dtype_t *dtype, const void *from,
           const gradmq_dtype_t *master, uint64_t elements)
{
    const uint8_t *at = from;
    uint8_t *out = to->own;
    for (uint64_t left = elements; left;) {
        size_t count = left < CONVERTED_AT_A_TIME ? (size_t) left : CONVERTED_AT_A_TIME;
        if (master->code == GRADMQ_DTYPE_F64) {
            double block [CONVERTED_AT_A_TIME];
            memcpy (block, at, count * sizeof *block);
            dtype->from_f64 (out, block, count);
        } else {
            float block [CONVERTED_AT_A_TIME];
            memcpy (block, at, count * sizeof *block);
            dtype->from_f32 (out, block, count);
        }
        at += count * master->size;
        out += count * dtype->size;
        left -= count;
    }
}

//  What is kept of the newest version in this dtype, converted where it is not there yet. NULL: out of
//  memory.
static gradmq_image_t *
s_converted (gradmq_streams_t *self, gradmq_snapshot_t *newest, const gradmq_dtype_t *dtype)
{
    gradmq_image_t **kept = &self->kept [dtype->code % DTYPES_MAX];
    if (*kept && (*kept)->dtype == dtype->code && (*kept)->epoch == gradmq_snapshot_epoch (newest)
        && (*kept)->version == gradmq_snapshot_version (newest))
        return *kept;
    gradmq_layout_t *layout = gradmq_snapshot_layout (newest);
    uint64_t elements = gradmq_layout_elements (layout);
    gradmq_image_t *image = s_new (newest, dtype->code, elements * dtype->size);
    if (!image)
        return NULL;
    s_convert (image, dtype, gradmq_snapshot_bytes (newest), gradmq_layout_dtype (layout),
               elements);
    gradmq_image_release (kept);
    *kept = image;
    return image;
}

gradmq_err_t
gradmq_streams_image (gradmq_streams_t *self, const gradmq_model_t *model,
                      const gradmq_dtype_t *dtype, gradmq_image_t **image_p)
{
    *image_p = NULL;
    gradmq_snapshot_t *newest = gradmq_model_newest (model);
    if (!newest)
        return GRADMQ_ERR_NO_MODEL;
    gradmq_layout_t *layout = gradmq_snapshot_layout (newest);
    bool native = gradmq_layout_dtype (layout) == dtype;
    gradmq_image_t *kept = native ? NULL : s_converted (self, newest, dtype);
    if (!native && !kept)
        return GRADMQ_ERR_MEMORY;
    gradmq_image_t *image = s_new (newest, dtype->code, 0);
    if (!image)
        return GRADMQ_ERR_MEMORY;
    image->snapshot = gradmq_snapshot_acquire (newest);
    image->kept = kept ? gradmq_image_acquire (kept) : NULL;
    image->bytes = kept ? kept->bytes : gradmq_snapshot_bytes (newest);
    image->size = kept ? kept->size : gradmq_layout_bytes (layout);
    *image_p = image;
    return GRADMQ_OK;
}
