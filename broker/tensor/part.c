#include "tensor/part.h"

#include "core/bytes.h"
#include "core/code.h"
#include "core/size.h"

#include <inttypes.h>

#define S_INDICES 256u

gradmq_err_t
gradmq_part_bytes (const gradmq_tensor_t *tensor, uint64_t elements, size_t size, uint64_t head,
                   uint64_t *bytes, gradmq_reason_t *reason)
{
    uint64_t body;
    if (gradmq_size_mul (elements, size, &body) && gradmq_size_add (body, head, bytes))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_LENGTH,
                          "the part for tensor '%s' does not fit into 64 bits", tensor->name);
}

gradmq_err_t
gradmq_part_uncounted (const gradmq_tensor_t *tensor, uint32_t encoding, uint64_t count,
                       gradmq_reason_t *reason)
{
    if (count == 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "count %" PRIu64 " with %s for tensor '%s'; leave it out", count,
                          gradmq_encoding_name (encoding), tensor->name);
}

gradmq_err_t
gradmq_part_counted (const gradmq_tensor_t *tensor, const char *things, uint64_t most,
                     uint64_t count, gradmq_reason_t *reason)
{
    if (most > UINT32_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "tensor '%s' has more than 2^32 - 1 %s; send it as DENSE",
                              tensor->name, things);
    if (count == 0 || count > most)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%" PRIu64 " %s for tensor '%s', which has %" PRIu64
                              "; send 1 to all of them",
                              count, things, tensor->name, most);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_part_indices (const gradmq_payload_t *payload, const gradmq_tensor_t *tensor,
                     const gradmq_part_t *part, const char *things, uint64_t most,
                     gradmq_reason_t *reason)
{
    gradmq_payload_mark_t mark = gradmq_payload_seek (payload, part->offset);
    uint64_t least = 0;
    for (uint64_t done = 0; done < part->count;) {
        uint64_t left = part->count - done;
        size_t batch = left < S_INDICES ? (size_t) left : S_INDICES;
        uint8_t scratch [S_INDICES * GRADMQ_HEAD_UNIT];
        const uint8_t *indices =
            gradmq_payload_read (payload, &mark, batch * GRADMQ_HEAD_UNIT, scratch);
        for (size_t i = 0; i < batch; i++) {
            uint32_t index = gradmq_get_u32 (indices + i * GRADMQ_HEAD_UNIT);
            if (index < least || index >= most)
                return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                      "index %" PRIu32 " in tensor '%s' is out of range or not "
                                      "above the one before; it has %" PRIu64 " %s",
                                      index, tensor->name, most, things);
            least = (uint64_t) index + 1;
        }
        done += batch;
    }
    return GRADMQ_OK;
}

uint64_t
gradmq_part_index_bytes (const gradmq_tensor_t *tensor, uint64_t count)
{
    (void) tensor;
    return count * GRADMQ_HEAD_UNIT;
}
