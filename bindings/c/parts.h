//  Partial gradients: whole tensors and rows of tensors as one payload. PROTOCOL.md, section 5.

#ifndef GRADMQ_CLIENT_PARTS_H
#define GRADMQ_CLIENT_PARTS_H

#include "buffer.h"
#include "gradmq.h"
#include "header.h"

#include "tensor/layout.h"

//  Check parts against the layout, and say what each needs.
//    owns    *told, `count` long, is the caller's: free (); NULL on error
//    errors  ARGUMENT: no part, not ascending, not a tensor, no data, rows not increasing or not
//            there; UNSUPPORTED, LENGTH (gradmq_part_size), MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_parts_plan (const gradmq_layout_t *layout,
                                                  const gradmq_dtype_t *dtype,
                                                  const gradmq_part_info_t *parts, size_t count,
                                                  gradmq_push_header_part_t **told, uint64_t *bytes,
                                                  gradmq_reason_t *why);

//  Write the payload to `to`, and cut `buffer`, where it is not NULL, into frames.
//    returns false: out of memory
bool gradmq_parts_write (const gradmq_dtype_t *dtype, const gradmq_part_info_t *parts,
                         const gradmq_push_header_part_t *told, size_t count, void *to,
                         gradmq_buffer_t *buffer);

#endif
