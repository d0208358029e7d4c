#include "core/code.h"
#include "core/size.h"
#include "tensor/part.h"

#include <inttypes.h>

static gradmq_err_t
s_size (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype, uint64_t count, uint64_t *bytes,
        gradmq_reason_t *reason)
{
    if (tensor->rank < 2)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "LOW_RANK for tensor '%s', which has %" PRIu32
                              " dimensions; it needs 2, so send it as DENSE",
                              tensor->name, tensor->rank);
    uint64_t most = tensor->rows < tensor->row ? tensor->rows : tensor->row;
    if (count == 0 || count > most)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "rank %" PRIu64 " for tensor '%s', a matrix of %" PRIu64 " x %" PRIu64
                              "; send 1 to %" PRIu64,
                              count, tensor->name, tensor->rows, tensor->row, most);
    uint64_t sides, elements;
    if (!gradmq_size_add (tensor->rows, tensor->row, &sides)
        || !gradmq_size_mul (sides, count, &elements))
        elements = UINT64_MAX;
    return gradmq_part_bytes (tensor, elements, dtype->size, 0, bytes, reason);
}

extern const gradmq_encoding_t gradmq_encoding_low_rank;
const gradmq_encoding_t gradmq_encoding_low_rank = {
    .code = GRADMQ_ENCODING_LOW_RANK,
    .size = s_size,
};
