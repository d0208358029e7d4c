#include "compress.h"

#include <string.h>

//  Where its scales do not make it longer than it was.
static bool
s_suits (const gradmq_compressor_t *self, const gradmq_tensor_t *tensor, uint64_t *count)
{
    const gradmq_part_t part = {.encoding = GRADMQ_ENCODING_INT8};
    (void) count;
    return gradmq_part_head (tensor, &part) + tensor->elements
           < tensor->elements * self->master->size;
}

static void
s_encode (gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to)
{
    uint8_t *octets = (uint8_t *) to + gradmq_part_head (part->tensor, &part->part);
    self->arithmetic->int8_encode (to, octets, from, (size_t) part->tensor->elements);
}

static void
s_add (const gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to,
       double factor)
{
    const uint8_t *scale_at = (const uint8_t *) from;
    const uint8_t *octets = scale_at + gradmq_part_head (part->tensor, &part->part);
    uint8_t *out = (uint8_t *) to;
    for (uint64_t left = part->tensor->elements; left;) {
        double block [GRADMQ_INT8_BLOCK];
        float scale;
        size_t count = left < GRADMQ_INT8_BLOCK ? (size_t) left : GRADMQ_INT8_BLOCK;
        memcpy (&scale, scale_at, sizeof scale);
        self->arithmetic->int8_decode (block, octets, (double) scale, count);
        self->arithmetic->add (out, block, factor, count);
        scale_at += sizeof scale;
        octets += count;
        out += count * self->master->size;
        left -= count;
    }
}

extern const gradmq_method_t gradmq_method_int8;
const gradmq_method_t gradmq_method_int8 = {
    .encoding = GRADMQ_ENCODING_INT8,
    .dtype = GRADMQ_F32,
    .suits = s_suits,
    .encode = s_encode,
    .add = s_add,
};
