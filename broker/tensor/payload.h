//  Tensor data as it arrived: frames one after the other, nowhere aligned.

#ifndef GRADMQ_TENSOR_PAYLOAD_H
#define GRADMQ_TENSOR_PAYLOAD_H

#include "core/reason.h"
#include "tensor/layout.h"

typedef struct {
    const uint8_t *bytes;
    size_t size;
} gradmq_frame_t;

//  A view: somebody else owns the frames.
typedef struct {
    const gradmq_frame_t *frames;
    size_t count;
    uint64_t bytes;  //  sum over the frames
} gradmq_payload_t;

//  Where a reader stands in a payload.
typedef struct {
    size_t frame;
    size_t at;  //  in that frame
} gradmq_payload_mark_t;

//  The mark of byte `offset`; offset <= payload bytes.
gradmq_payload_mark_t gradmq_payload_seek (const gradmq_payload_t *self, uint64_t offset);

//  `size` bytes from *mark on, which moves behind them: a pointer into the frame where they stand
//  in one frame, else `scratch`, into which they were copied.
//    owns    the pointer lives as long as the frames and the scratch
const void *gradmq_payload_read (const gradmq_payload_t *self, gradmq_payload_mark_t *mark,
                                 size_t size, void *scratch);

//  One tensor's share of a payload, checked.
typedef struct {
    uint32_t tensor;
    uint32_t encoding;            //  a row of encoding.def
    const gradmq_dtype_t *dtype;  //  of the elements
    uint64_t count;               //  rows, k or rank; 0: the encoding has none
    uint64_t offset;              //  of its first byte in the payload
    uint64_t bytes;
} gradmq_part_t;

//  Bytes that a part has to have under this encoding, dtype, count and shape (rules L-5, L-6,
//  L-9).
//    errors  UNSUPPORTED, ARGUMENT (count), LENGTH (does not fit into 64 bits)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_part_size (const gradmq_tensor_t *tensor, uint32_t encoding,
                                                 const gradmq_dtype_t *dtype, uint64_t count,
                                                 uint64_t *bytes, gradmq_reason_t *reason);

//  Hold a payload's frames against the parts it should be cut into: total length (LENGTH), no empty
//  frame (LENGTH), no frame that ends inside an element, an index or a scale (ALIGNMENT), indices
//  strictly increasing and in range (ARGUMENT).
//    shape  parts [part_count], in order, offset and bytes filled: each begins where the one before
//           ends, the first at 0. No parts: the payload has to be empty.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_payload_check (const gradmq_payload_t *self,
                                                     const gradmq_layout_t *layout,
                                                     const gradmq_part_t *parts, size_t part_count,
                                                     gradmq_reason_t *reason);

//  The same for a payload that is the whole layout, every tensor DENSE in `dtype`.
//    errors  LENGTH, ALIGNMENT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_payload_check_dense (const gradmq_payload_t *self,
                                                           const gradmq_layout_t *layout,
                                                           const gradmq_dtype_t *dtype,
                                                           gradmq_reason_t *reason);

#endif
