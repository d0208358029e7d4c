//  Encodings of a part: a file and a row each (encoding.def). What they hold is read by the step room.

#ifndef GRADMQ_TENSOR_ENCODING_H
#define GRADMQ_TENSOR_ENCODING_H

#include "tensor/payload.h"

//  INT8: elements that share a scale.
#define GRADMQ_INT8_BLOCK 256u

//  One encoding. A part is a head (indices, scales), which may be empty, and then a body of elements.
typedef struct {
    uint32_t code;
    //  Rules L-5, L-6, L-9: gradmq_part_size.
    gradmq_err_t (*size) (const gradmq_tensor_t *tensor, const gradmq_dtype_t *dtype,
                          uint64_t count, uint64_t *bytes, gradmq_reason_t *reason);
    //  Bytes of a checked part's head, whose units have 4. NULL: it has none.
    uint64_t (*head) (const gradmq_tensor_t *tensor, uint64_t count);
    //  Bytes of an element of the body; 0: as many as the dtype has.
    size_t element;
    //  What is in the head may be wrong: hold it against the tensor. NULL: anything is right.
    gradmq_err_t (*check) (const gradmq_payload_t *payload, const gradmq_tensor_t *tensor,
                           const gradmq_part_t *part, gradmq_reason_t *reason);
} gradmq_encoding_t;

#define GRADMQ_HEAD_UNIT 4u

//  The row with this code, NULL when there is none.
const gradmq_encoding_t *gradmq_encoding (uint32_t code);

//  Row number `index`, NULL past the last.
const gradmq_encoding_t *gradmq_encoding_at (size_t index);

//  Bytes of a checked part's head, and of an element of its body.
uint64_t gradmq_part_head (const gradmq_tensor_t *tensor, const gradmq_part_t *part);
size_t gradmq_part_element (const gradmq_part_t *part);

#endif
