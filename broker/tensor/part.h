//  What the sizes of parts have in common: shared by the files of the encodings.

#ifndef GRADMQ_TENSOR_PART_H
#define GRADMQ_TENSOR_PART_H

#include "tensor/encoding.h"

//  *bytes = elements x size + head. Refused: LENGTH.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_part_bytes (const gradmq_tensor_t *tensor, uint64_t elements,
                                                  size_t size, uint64_t head, uint64_t *bytes,
                                                  gradmq_reason_t *reason);

//  An encoding without a count: rule L-9. Refused: ARGUMENT.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_part_uncounted (const gradmq_tensor_t *tensor,
                                                      uint32_t encoding, uint64_t count,
                                                      gradmq_reason_t *reason);

//  `count` of the tensor's `most` things ("rows") have indices of 32 bits: rule L-6.
//  Refused: UNSUPPORTED, ARGUMENT.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_part_counted (const gradmq_tensor_t *tensor,
                                                    const char *things, uint64_t most,
                                                    uint64_t count, gradmq_reason_t *reason);

//  A part's `count` indices in front are strictly increasing and below `most`. Refused: ARGUMENT.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_part_indices (const gradmq_payload_t *payload,
                                                    const gradmq_tensor_t *tensor,
                                                    const gradmq_part_t *part, const char *things,
                                                    uint64_t most, gradmq_reason_t *reason);

//  The head of an encoding with indices.
uint64_t gradmq_part_index_bytes (const gradmq_tensor_t *tensor, uint64_t count);

#endif
