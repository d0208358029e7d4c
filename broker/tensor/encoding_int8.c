#include "core/code.h"
#include "tensor/part.h"

static uint64_t
s_head (const gradmq_tensor_t *tensor, uint64_t count)
{
    (void) count;
    uint64_t blocks = tensor->elements / GRADMQ_INT8_BLOCK;
    if (tensor->elements % GRADMQ_INT8_BLOCK)
        blocks++;
    return blocks * GRADMQ_HEAD_UNIT;
}

static gradmq_err_t
s_size (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype, uint64_t count, uint64_t *bytes,
        gradmq_reason_t *reason)
{
    gradmq_err_t rc = gradmq_part_uncounted (tensor, GRADMQ_ENCODING_INT8, count, reason);
    if (rc)
        return rc;
    if (dtype->code != GRADMQ_DTYPE_F32)
        return gradmq_refuse (
            reason, GRADMQ_ERR_UNSUPPORTED,
            "INT8 for tensor '%s' with dtype %s; its scales are F32, so state F32", tensor->name,
            dtype->name);
    return gradmq_part_bytes (tensor, tensor->elements, sizeof (int8_t), s_head (tensor, 0), bytes,
                              reason);
}

extern const gradmq_encoding_t gradmq_encoding_int8;
const gradmq_encoding_t gradmq_encoding_int8 = {
    .code = GRADMQ_ENCODING_INT8,
    .size = s_size,
    .head = s_head,
    .element = sizeof (int8_t),
};
