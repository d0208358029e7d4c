#include "checkpoint/safetensors.h"

#include "checkpoint/checkpoint_form.h"
#include "checkpoint/file.h"
#include "checkpoint/header.h"
#include "checkpoint/room.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384 };

struct gradmq_safetensors {
    gradmq_header_t header;
    gradmq_layout_t *layout;
    void *data;
};

static gradmq_err_t
s_no_memory (const gradmq_source_t *source, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "%.200s: not enough memory for it",
                          source->name);
}

//  Of a checkpoint the model alone.
static gradmq_err_t
s_keep_model (gradmq_header_t *header, const gradmq_source_t *source, gradmq_reason_t *reason)
{
    const char *format = gradmq_header_value (header, "format");
    if (format && gradmq_checkpoint_is_format (format)) {
        size_t kept = 0;
        for (size_t i = 0; i < header->count; i++)
            if (!strchr (header->entries [i].name, GRADMQ_CHECKPOINT_SEPARATOR))
                header->entries [kept++] = header->entries [i];
        header->count = kept;
    }
    if (header->count > GRADMQ_TENSORS_MAX)
        return gradmq_refuse (
            reason, GRADMQ_ERR_SHAPE,
            "%.160s: has more than %u tensors, which is the most a model can have", source->name,
            GRADMQ_TENSORS_MAX);
    return GRADMQ_OK;
}

//  The master dtype that keeps every value.
static uint32_t
s_lossless (const gradmq_header_t *header)
{
    for (size_t i = 0; i < header->count; i++)
        if (header->entries [i].dtype->code == GRADMQ_DTYPE_F64)
            return GRADMQ_DTYPE_F64;
    return GRADMQ_DTYPE_F32;
}

static gradmq_err_t
s_make_layout (gradmq_safetensors_t *self, const gradmq_source_t *source, uint32_t dtype,
               gradmq_reason_t *reason)
{
    const gradmq_header_t *header = &self->header;
    gradmq_tensor_spec_t *specs = calloc (header->count, sizeof *specs);
    if (!specs)
        return s_no_memory (source, reason);
    for (size_t i = 0; i < header->count; i++)
        specs [i] = (gradmq_tensor_spec_t){.name = header->entries [i].name,
                                           .rank = header->entries [i].rank,
                                           .shape = header->entries [i].shape};
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_layout_open (&self->layout, specs, header->count,
                                           dtype ? dtype : s_lossless (header), &why);
    free (specs);
    if (!err)
        return GRADMQ_OK;
    return gradmq_refuse (reason, err, "%.160s: %.300s", source->name, gradmq_reason_text (&why));
}

//  One block of elements from one type to the master's.
static void
s_convert (const gradmq_dtype_t *master, void *to, const gradmq_dtype_t *dtype, const void *from,
           size_t count)
{
    if (master->code == GRADMQ_DTYPE_F64)
        dtype->to_f64 (to, from, count);
    else
        dtype->to_f32 (to, from, count);
}

//  The position of the first finite F64 that no F32 is near, `count` when there is none.
static size_t
s_first_too_large (const double *values, size_t count)
{
    size_t i = 0;
    while (i < count && !(isfinite (values [i]) && fabs (values [i]) > (double) FLT_MAX))
        i++;
    return i;
}

//  One tensor of another type than the master's, block by block.
static gradmq_err_t
s_read_converted (gradmq_safetensors_t *self, const gradmq_source_t *source, uint64_t data_at,
                  size_t index, double block [BLOCK], gradmq_reason_t *reason)
{
    const gradmq_entry_t *entry = &self->header.entries [index];
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->layout, index);
    const gradmq_dtype_t *master = gradmq_layout_dtype (self->layout);
    for (uint64_t first = 0; first < tensor->elements; first += BLOCK) {
        uint64_t left = tensor->elements - first;
        size_t count = left < BLOCK ? (size_t) left : BLOCK;
        uint64_t from = data_at + entry->begin + first * entry->dtype->size;
        gradmq_err_t err =
            gradmq_source_read (source, from, block, count * entry->dtype->size, reason);
        if (err)
            return err;
        size_t bad =
            entry->dtype->code == GRADMQ_DTYPE_F64 ? s_first_too_large (block, count) : count;
        if (bad < count)
            return gradmq_refuse (reason, GRADMQ_ERR_NON_FINITE,
                                  "%.160s: tensor \"%.128s\", element %" PRIu64
                                  " is %g, too large for F32; load it as F64",
                                  source->name, entry->name, first + bad, block [bad]);
        s_convert (master, (char *) self->data + (tensor->first + first) * master->size,
                   entry->dtype, block, count);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_data (gradmq_safetensors_t *self, const gradmq_source_t *source, uint64_t data_at,
             gradmq_reason_t *reason)
{
    const gradmq_dtype_t *master = gradmq_layout_dtype (self->layout);
    self->data = gradmq_room_new (gradmq_layout_bytes (self->layout));
    double *block = malloc (BLOCK * sizeof *block);
    gradmq_err_t err = self->data && block ? GRADMQ_OK : s_no_memory (source, reason);
    for (size_t i = 0; i < self->header.count && !err; i++) {
        const gradmq_entry_t *entry = &self->header.entries [i];
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->layout, i);
        if (entry->dtype->code == master->code)
            err = gradmq_source_read (source, data_at + entry->begin,
                                      (char *) self->data + tensor->first * master->size,
                                      entry->end - entry->begin, reason);
        else
            err = s_read_converted (self, source, data_at, i, block, reason);
    }
    free (block);
    return err;
}

static gradmq_err_t
s_load (gradmq_safetensors_t **self_p, const gradmq_source_t *source, uint32_t dtype,
        gradmq_reason_t *reason)
{
    uint64_t data_at = 0;
    gradmq_safetensors_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (source, reason);
    gradmq_err_t err = gradmq_header_load (&self->header, source, &data_at, reason);
    if (!err)
        err = s_keep_model (&self->header, source, reason);
    if (!err)
        err = s_make_layout (self, source, dtype, reason);
    if (!err)
        err = s_read_data (self, source, data_at, reason);
    if (err)
        gradmq_safetensors_destroy (&self);
    *self_p = self;
    return err;
}

gradmq_err_t
gradmq_safetensors_load (gradmq_safetensors_t **self_p, const char *path, uint32_t dtype,
                         gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_source_t source;
    gradmq_err_t err = gradmq_source_open (&source, path, reason);
    if (err)
        return err;
    err = s_load (self_p, &source, dtype, reason);
    gradmq_source_close (&source);
    return err;
}

gradmq_err_t
gradmq_safetensors_parse (gradmq_safetensors_t **self_p, const void *bytes, size_t size,
                          uint32_t dtype, gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_source_t source = {.name = "memory", .size = size, .fd = -1, .bytes = bytes};
    return s_load (self_p, &source, dtype, reason);
}

void
gradmq_safetensors_destroy (gradmq_safetensors_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_safetensors_t *self = *self_p;
    gradmq_layout_release (&self->layout);
    gradmq_header_free (&self->header);
    gradmq_room_free (self->data);
    free (self);
    *self_p = NULL;
}

gradmq_layout_t *
gradmq_safetensors_layout (const gradmq_safetensors_t *self)
{
    return self->layout;
}

const gradmq_metadata_t *
gradmq_safetensors_metadata (const gradmq_safetensors_t *self)
{
    return self->header.metadata;
}

size_t
gradmq_safetensors_metadata_count (const gradmq_safetensors_t *self)
{
    return self->header.metadata_count;
}

const void *
gradmq_safetensors_data (const gradmq_safetensors_t *self)
{
    return self->data;
}

void *
gradmq_safetensors_take (gradmq_safetensors_t *self)
{
    void *data = self->data;
    self->data = NULL;
    return data;
}

void
gradmq_safetensors_free (void *data)
{
    gradmq_room_free (data);
}
