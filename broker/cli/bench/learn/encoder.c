#include "cli/bench/learn/encoder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gradmq_encoder_row_t s_rows [] = {
#define ENCODING(n, type, way, share, columns, keeps)                                              \
    {.name = #n,                                                                                   \
     .dtype = GRADMQ_DTYPE_##type,                                                                 \
     .feedback = keeps,                                                                            \
     .compression = {.how = GRADMQ_COMPRESS_##way,                                                 \
                     .fraction = share,                                                            \
                     .rank = columns,                                                              \
                     .without_feedback = !(keeps)}},
#include "cli/bench/learn/encoding.def"
#undef ENCODING
};

const gradmq_encoder_row_t *
gradmq_encoder_find (const char *name)
{
    for (size_t i = 0; i < sizeof s_rows / sizeof s_rows [0]; i++)
        if (strcmp (s_rows [i].name, name) == 0)
            return &s_rows [i];
    return NULL;
}

static bool
s_compresses (const gradmq_encoder_t *self)
{
    return self->row->compression.how != GRADMQ_COMPRESS_NONE;
}

static gradmq_err_t
s_open_compressor (gradmq_encoder_t *self, gradmq_reason_t *reason)
{
    gradmq_compressor_t *compressor = &self->compressor;
    gradmq_err_t err = gradmq_compressor_open (compressor, &self->row->compression, reason);
    if (!err)
        err = gradmq_compressor_prepare (compressor, self->layout, reason);
    if (err)
        return err;
    self->size = (size_t) compressor->bytes;
    for (size_t i = 0; i < compressor->count; i++) {
        self->parts [i] = compressor->parts [i].part;
        self->stated_bytes [i] = self->parts [i].bytes;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_encoder_open (gradmq_encoder_t *self, const gradmq_encoder_row_t *row,
                     gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    size_t elements = (size_t) gradmq_layout_elements (layout);
    assert (gradmq_layout_count (layout) <= GRADMQ_ENCODER_TENSORS_MAX);
    *self = (gradmq_encoder_t){.row = row, .layout = gradmq_layout_acquire (layout)};
    self->size = elements * gradmq_dtype (row->dtype)->size;
    gradmq_err_t err = s_compresses (self) ? s_open_compressor (self, reason) : GRADMQ_OK;
    if (err)
        return err;
    self->values = calloc (elements, sizeof *self->values);
    self->residual = calloc (elements, sizeof *self->residual);
    self->bytes = calloc (1, self->size);
    if (!self->values || !self->residual || !self->bytes)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

void
gradmq_encoder_close (gradmq_encoder_t *self)
{
    gradmq_compressor_close (&self->compressor);
    gradmq_layout_release (&self->layout);
    free (self->values);
    free (self->residual);
    free (self->bytes);
    *self = (gradmq_encoder_t){0};
}

//  A whole gradient in the row's dtype.
static void
s_encode_whole (gradmq_encoder_t *self, const double *values)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (self->row->dtype);
    size_t elements = (size_t) gradmq_layout_elements (self->layout);
    for (size_t j = 0; j < elements; j++) {
        uint8_t *at = self->bytes + j * dtype->size;
        double wanted = values [j] + self->residual [j], sent;
        dtype->from_f64 (at, &wanted, 1);
        dtype->to_f64 (&sent, at, 1);
        self->residual [j] = self->row->feedback && isfinite (wanted) ? wanted - sent : 0.0;
    }
}

gradmq_err_t
gradmq_encoder_encode (gradmq_encoder_t *self, const double *values, gradmq_gradient_t *header,
                       gradmq_reason_t *reason)
{
    size_t elements = (size_t) gradmq_layout_elements (self->layout);
    header->layout = gradmq_layout_id (self->layout);
    header->dtype = self->row->dtype;
    if (!s_compresses (self)) {
        s_encode_whole (self, values);
        return GRADMQ_OK;
    }
    header->parts = self->parts;
    header->part_count = self->compressor.count;
    header->stated_bytes = self->stated_bytes;
    gradmq_dtype (GRADMQ_DTYPE_F32)->from_f64 (self->values, values, elements);
    gradmq_err_t err =
        gradmq_compressor_encode (&self->compressor, self->values, 1, self->bytes, NULL, reason);
    if (!err)
        gradmq_compressor_sent (&self->compressor);
    return err;
}
