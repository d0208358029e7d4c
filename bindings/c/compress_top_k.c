#include "compress.h"

#include "core/bytes.h"

#include <math.h>
#include <string.h>

//  A share of the elements, one at least, as long as that is shorter than all of them.
static bool
s_suits (const gradmq_compressor_t *self, const gradmq_tensor_t *tensor, uint64_t *count)
{
    double wanted = ceil (self->how.fraction * (double) tensor->elements);
    *count = wanted < 1 ? 1 : (uint64_t) wanted;
    return tensor->elements <= UINT32_MAX
           && *count * (GRADMQ_HEAD_UNIT + self->master->size)
                  < tensor->elements * self->master->size;
}

static void
s_encode (gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to)
{
    size_t count = (size_t) part->part.count, size = self->master->size;
    uint8_t *indices = (uint8_t *) to, *values = indices + count * GRADMQ_HEAD_UNIT;
    self->arithmetic->top_k (indices, from, (size_t) part->tensor->elements, count);
    for (size_t i = 0; i < count; i++)
        memcpy (values + i * size,
                (const uint8_t *) from + gradmq_get_u32 (indices + i * GRADMQ_HEAD_UNIT) * size,
                size);
}

static void
s_add (const gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to,
       double factor)
{
    size_t count = (size_t) part->part.count;
    const uint8_t *indices = (const uint8_t *) from, *values = indices + count * GRADMQ_HEAD_UNIT;
    for (size_t i = 0; i < count; i++) {
        size_t at = gradmq_get_u32 (indices + i * GRADMQ_HEAD_UNIT);
        gradmq_compressor_put (self, to, at,
                               gradmq_compressor_get (self, to, at)
                                   + factor * gradmq_compressor_get (self, values, i));
    }
}

extern const gradmq_method_t gradmq_method_top_k;
const gradmq_method_t gradmq_method_top_k = {
    .encoding = GRADMQ_ENCODING_TOP_K,
    .suits = s_suits,
    .encode = s_encode,
    .add = s_add,
};
