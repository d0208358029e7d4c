#include "core/code.h"
#include "tensor/part.h"

static gradmq_err_t
s_size (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype, uint64_t count, uint64_t *bytes,
        gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_part_uncounted (tensor, GRADMQ_ENCODING_DENSE, count, reason);
    return rc ? rc : gradmq_part_bytes (tensor, tensor->elements, dtype->size, 0, bytes, reason);
}

extern const gradmq_encoding_t gradmq_encoding_dense;
const gradmq_encoding_t gradmq_encoding_dense = {
    .code = GRADMQ_ENCODING_DENSE,
    .size = s_size,
};
