#include "compress.h"

#include "kernel/int8.h"
#include "kernel/top_k.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FRACTION 0.01
#define DEFAULT_RANK 4u

#define X(symbol) extern const gradmq_method_t gradmq_method_##symbol;
#include "compress.def"
#undef X

static const gradmq_method_t *const s_methods [] = {
#define X(symbol) &gradmq_method_##symbol,
#include "compress.def"
#undef X
};

#define METHODS (sizeof s_methods / sizeof *s_methods)

#define ROW(t)                                                                                     \
    {                                                                                              \
        .limit = gradmq_kernel_limit_##t, .add = gradmq_kernel_add_##t,                            \
        .dot = gradmq_kernel_dot_##t, .int8_encode = gradmq_kernel_int8_encode_##t,                \
        .int8_decode = gradmq_kernel_int8_decode_##t, .top_k = gradmq_kernel_top_k_##t             \
    }

static const gradmq_arithmetic_t s_arithmetic [] = {ROW (f32), ROW (f64)};

gradmq_err_t
gradmq_compressor_open (gradmq_compressor_t *self, const gradmq_compression_t *how,
                        gradmq_reason_t *why)
{
    *self = (gradmq_compressor_t){.how = *how};
    if ((size_t) how->how >= METHODS)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "there is no compression %d",
                              (int) how->how);
    if (!(how->fraction >= 0) || how->fraction > 1)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "fraction %g of the elements; it has to be above 0 and at most 1",
                              how->fraction);
    self->method = s_methods [how->how];
    if (self->how.fraction <= 0)
        self->how.fraction = DEFAULT_FRACTION;
    if (self->how.rank == 0)
        self->how.rank = DEFAULT_RANK;
    return GRADMQ_OK;
}

//  Let go of what belongs to a layout.
static void
s_drop (gradmq_compressor_t *self)
{
    free (self->parts);
    free (self->told);
    free (self->residual);
    free (self->work);
    free (self->warm);
    free (self->left);
    self->parts = NULL;
    self->told = NULL;
    self->residual = self->work = self->warm = NULL;
    self->left = NULL;
    gradmq_layout_release (&self->layout);
}

void
gradmq_compressor_close (gradmq_compressor_t *self)
{
    s_drop (self);
    *self = (gradmq_compressor_t){0};
}

//  How this tensor goes: by the method, or dense where that does not suit it.
static void
s_plan_part (gradmq_compressor_t *self, size_t index)
{
    gradmq_compressed_t *to = &self->parts [index];
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (self->layout, index);
    uint64_t count = 0;
    bool suits = !self->method->suits || self->method->suits (self, tensor, &count);
    to->method = suits ? self->method : s_methods [GRADMQ_COMPRESS_NONE];
    to->tensor = tensor;
    to->part = (gradmq_part_t){.tensor = (uint32_t) index,
                               .encoding = to->method->encoding,
                               .dtype = to->method->dtype ? gradmq_dtype (to->method->dtype)
                                                          : self->master,
                               .count = suits ? count : 0,
                               .offset = self->bytes};
    gradmq_err_t err = gradmq_part_size (tensor, to->part.encoding, to->part.dtype, to->part.count,
                                         &to->part.bytes, NULL);
    if (err)  //  a method suits a tensor whose part has no size: that is our own mistake
        abort ();
    self->told [index] = (gradmq_push_header_part_t){.tensor = (uint32_t) index,
                                                     .encoding = to->part.encoding,
                                                     .bytes = to->part.bytes,
                                                     .count = to->part.count};
    self->bytes += to->part.bytes;
}

//  Memory for the factors of all tensors that go so.
static bool
s_plan_factors (gradmq_compressor_t *self)
{
    uint64_t warm = 0, left = 0;
    for (size_t i = 0; i < self->count; i++) {
        gradmq_compressed_t *part = &self->parts [i];
        if (part->part.encoding != GRADMQ_ENCODING_LOW_RANK)
            continue;
        uint64_t cells = part->tensor->rows * part->part.count;
        part->warm = warm;
        warm += part->tensor->row * part->part.count * self->master->size;
        left = cells > left ? cells : left;
    }
    if (warm == 0 || left == 0)
        return true;
    self->warm = (uint8_t *) calloc ((size_t) warm, 1);
    self->left = (double *) calloc ((size_t) left, sizeof *self->left);
    return self->warm && self->left;
}

gradmq_err_t
gradmq_compressor_prepare (gradmq_compressor_t *self, gradmq_layout_t *layout, gradmq_reason_t *why)
{
    if (self->layout && gradmq_layout_id (self->layout) == gradmq_layout_id (layout))
        return GRADMQ_OK;
    s_drop (self);
    size_t bytes = (size_t) gradmq_layout_bytes (layout);
    self->layout = gradmq_layout_acquire (layout);
    self->master = gradmq_layout_dtype (layout);
    self->arithmetic = &s_arithmetic [self->master->code == GRADMQ_DTYPE_F64];
    self->generation++;
    self->count = gradmq_layout_count (layout);
    self->bytes = 0;
    self->parts = (gradmq_compressed_t *) calloc (self->count, sizeof *self->parts);
    self->told = (gradmq_push_header_part_t *) calloc (self->count, sizeof *self->told);
    self->residual = (uint8_t *) calloc (bytes, 1);
    self->work = (uint8_t *) malloc (bytes);
    bool there = self->parts && self->told && self->residual && self->work;
    for (size_t i = 0; there && i < self->count; i++)
        s_plan_part (self, i);
    if (there && s_plan_factors (self))
        return GRADMQ_OK;
    s_drop (self);
    return gradmq_refuse (why, GRADMQ_ERR_MEMORY,
                          "no memory to compress with: it takes twice the model's size");
}

static bool
s_cut (const gradmq_compressed_t *part, gradmq_buffer_t *buffer)
{
    uint64_t head = gradmq_part_head (part->tensor, &part->part);
    return gradmq_buffer_cut (buffer, head, GRADMQ_HEAD_UNIT)
           && gradmq_buffer_cut (buffer, part->part.bytes - head,
                                 gradmq_part_element (&part->part));
}

gradmq_err_t
gradmq_compressor_encode (gradmq_compressor_t *self, const void *data, double factor, void *to,
                          gradmq_buffer_t *buffer, gradmq_reason_t *why)
{
    size_t size = self->master->size;
    size_t elements = (size_t) gradmq_layout_elements (self->layout);
    memcpy (self->work, self->residual, elements * size);
    self->arithmetic->add (self->work, data, factor, elements);
    if (!isfinite (self->arithmetic->limit (self->work, elements)))
        return gradmq_refuse (
            why, GRADMQ_ERR_NON_FINITE,
            "a value of the gradient is not finite, or too large to compute with; "
            "it was not pushed");
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_compressed_t *part = &self->parts [i];
        uint8_t *elements_at = self->work + part->tensor->first * size;
        uint8_t *at = (uint8_t *) to + part->part.offset;
        part->method->encode (self, part, elements_at, at);
        part->method->add (self, part, at, elements_at, -1);
        if (buffer && !s_cut (part, buffer))
            return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory; it was not pushed");
    }
    return GRADMQ_OK;
}

void
gradmq_compressor_sent (gradmq_compressor_t *self)
{
    uint8_t *residual = self->work;
    if (self->how.without_feedback)
        return;
    self->work = self->residual;
    self->residual = residual;
}

void
gradmq_compressor_return (gradmq_compressor_t *self, uint64_t generation, const void *payload)
{
    if (!self->layout || generation != self->generation || self->how.without_feedback)
        return;
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_compressed_t *part = &self->parts [i];
        part->method->add (self, part, (const uint8_t *) payload + part->part.offset,
                           self->residual + part->tensor->first * self->master->size, 1);
    }
}

double
gradmq_compressor_get (const gradmq_compressor_t *self, const void *from, size_t index)
{
    double value;
    self->master->to_f64 (&value, (const uint8_t *) from + index * self->master->size, 1);
    return value;
}

void
gradmq_compressor_put (const gradmq_compressor_t *self, void *to, size_t index, double value)
{
    self->master->from_f64 ((uint8_t *) to + index * self->master->size, &value, 1);
}
