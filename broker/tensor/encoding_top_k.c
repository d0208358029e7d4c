#include "core/code.h"
#include "tensor/part.h"

#define S_THINGS "elements"

static gradmq_err_t
s_size (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype, uint64_t count, uint64_t *bytes,
        gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_part_counted (tensor, S_THINGS, tensor->elements, count, reason);
    return rc ? rc
              : gradmq_part_bytes (tensor, count, dtype->size,
                                   gradmq_part_index_bytes (tensor, count), bytes, reason);
}

static gradmq_err_t
s_check (const gradmq_payload_t *payload, const gradmq_tensor_t *tensor, const gradmq_part_t *part,
         gradmq_reason_t *reason)
{
    return gradmq_part_indices (payload, tensor, part, S_THINGS, tensor->elements, reason);
}

extern const gradmq_encoding_t gradmq_encoding_top_k;
const gradmq_encoding_t gradmq_encoding_top_k = {
    .code = GRADMQ_ENCODING_TOP_K,
    .size = s_size,
    .head = gradmq_part_index_bytes,
    .check = s_check,
};
