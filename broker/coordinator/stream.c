#include "coordinator/stream.h"

#include "core/code.h"
#include "kernel/int8.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FORMS_MAX = 8, CONVERTED_AT_A_TIME = 4096 };

struct gradmq_image {
    atomic_size_t references;
    gradmq_snapshot_t *snapshot;  //  the version that a reader holds; NULL: it is only kept
    gradmq_image_t *kept;         //  whose bytes these are; NULL: the snapshot's, or its own
    const uint8_t *bytes;
    uint64_t size;
    uint64_t epoch, version;
    const gradmq_form_t *form;
    uint8_t own [];
};

struct gradmq_streams {
    gradmq_image_t *kept [FORMS_MAX];  //  by row of the forms; converted ones only
};

gradmq_streams_t *
gradmq_streams_new (void)
{
    return calloc (1, sizeof (gradmq_streams_t));
}

void
gradmq_streams_forget (gradmq_streams_t *self)
{
    for (size_t i = 0; i < FORMS_MAX; i++)
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

uint64_t
gradmq_image_cut (const gradmq_image_t *self, uint64_t at)
{
    return gradmq_form_cut (self->form, gradmq_snapshot_layout (self->snapshot), at);
}

//  An image with room for `own` bytes of its own.
static gradmq_image_t *
s_new (gradmq_snapshot_t *snapshot, const gradmq_form_t *form, uint64_t own)
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
    self->form = form;
    return self;
}

//  --------------------------------------------------------------------------------------------
//  Making one form of the master dtype: one function an encoding

//  Convert by way of the wider of the two types, so that nothing is rounded twice.
static void
s_dense (uint8_t *out, const gradmq_form_t *form, const uint8_t *at, const gradmq_layout_t *layout)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (form->dtype);
    const gradmq_dtype_t *master = gradmq_layout_dtype (layout);
    for (uint64_t left = gradmq_layout_elements (layout); left;) {
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

static void
s_int8 (uint8_t *out, const gradmq_form_t *form, const uint8_t *at, const gradmq_layout_t *layout)
{
    const gradmq_dtype_t *master = gradmq_layout_dtype (layout);
    for (size_t i = 0; i < gradmq_layout_count (layout); i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        uint64_t bytes = gradmq_form_tensor_bytes (form, tensor);
        size_t count = (size_t) tensor->elements;
        uint8_t *octets = out + bytes - count;
        if (master->code == GRADMQ_DTYPE_F64)
            gradmq_kernel_int8_encode_f64 (out, octets, at, count);
        else
            gradmq_kernel_int8_encode_f32 (out, octets, at, count);
        at += count * master->size;
        out += bytes;
    }
}

typedef void (s_make_t) (uint8_t *out, const gradmq_form_t *form, const uint8_t *at,
                         const gradmq_layout_t *layout);

static s_make_t *const s_makers [] = {
    [GRADMQ_ENCODING_DENSE] = s_dense,
    [GRADMQ_ENCODING_INT8] = s_int8,
};

//  What is kept of the newest version in this form, made where it is not there yet. NULL: out of
//  memory.
static gradmq_image_t *
s_converted (gradmq_streams_t *self, gradmq_snapshot_t *newest, const gradmq_form_t *form)
{
    gradmq_image_t **kept = &self->kept [form - gradmq_form_at (0)];
    if (*kept && (*kept)->epoch == gradmq_snapshot_epoch (newest)
        && (*kept)->version == gradmq_snapshot_version (newest))
        return *kept;
    gradmq_layout_t *layout = gradmq_snapshot_layout (newest);
    gradmq_image_t *image = s_new (newest, form, gradmq_form_bytes (form, layout));
    if (!image)
        return NULL;
    s_makers [form->encoding](image->own, form, gradmq_snapshot_bytes (newest), layout);
    gradmq_image_release (kept);
    *kept = image;
    return image;
}

gradmq_err_t
gradmq_streams_image (gradmq_streams_t *self, const gradmq_model_t *model,
                      const gradmq_form_t *form, gradmq_image_t **image_p)
{
    *image_p = NULL;
    gradmq_snapshot_t *newest = gradmq_model_newest (model);
    if (!newest)
        return GRADMQ_ERR_NO_MODEL;
    gradmq_layout_t *layout = gradmq_snapshot_layout (newest);
    bool native = gradmq_form_native (form, layout);
    gradmq_image_t *kept = native ? NULL : s_converted (self, newest, form);
    if (!native && !kept)
        return GRADMQ_ERR_MEMORY;
    gradmq_image_t *image = s_new (newest, form, 0);
    if (!image)
        return GRADMQ_ERR_MEMORY;
    image->snapshot = gradmq_snapshot_acquire (newest);
    image->kept = kept ? gradmq_image_acquire (kept) : NULL;
    image->bytes = kept ? kept->bytes : gradmq_snapshot_bytes (newest);
    image->size = kept ? kept->size : gradmq_layout_bytes (layout);
    *image_p = image;
    return GRADMQ_OK;
}
