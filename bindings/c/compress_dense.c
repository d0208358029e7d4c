#include "compress.h"

#include <string.h>

static void
s_encode (gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to)
{
    (void) self;
    memcpy (to, from, (size_t) part->part.bytes);
}

static void
s_add (const gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from, void *to,
       double factor)
{
    self->arithmetic->add (to, from, factor, (size_t) part->tensor->elements);
}

extern const gradmq_method_t gradmq_method_dense;
const gradmq_method_t gradmq_method_dense = {
    .encoding = GRADMQ_ENCODING_DENSE,
    .encode = s_encode,
    .add = s_add,
};
