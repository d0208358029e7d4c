//  A layout: tensors in order, a master dtype, an id. schemas/PROTOCOL.md, section 5.

#ifndef GRADMQ_TENSOR_LAYOUT_H
#define GRADMQ_TENSOR_LAYOUT_H

#include "core/limit.h"
#include "core/reason.h"
#include "tensor/dtype.h"

typedef struct {
    char name [GRADMQ_TENSOR_NAME_BYTES_MAX + 1];
    uint32_t rank;
    uint64_t shape [GRADMQ_RANK_MAX];
    uint64_t elements;
    uint64_t first;  //  its first element in packed form
    uint64_t rows;   //  first dimension; elements of a scalar or vector
    uint64_t row;    //  elements a row
} gradmq_tensor_t;

//  Immutable and reference-counted; any thread.
typedef struct gradmq_layout gradmq_layout_t;

//  What a layout is made from, one a tensor. Borrows the name and the shape.
typedef struct {
    const char *name;
    uint32_t rank;
    const uint64_t *shape;
} gradmq_tensor_spec_t;

//  Check rules L-1 and A-2 and make a layout of them.
//    owns    *self_p is the caller's: gradmq_layout_release
//    errors  SHAPE, NAME, UNSUPPORTED (not a master dtype), MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_layout_open (gradmq_layout_t **self_p,
                                                   const gradmq_tensor_spec_t *specs, size_t count,
                                                   uint32_t dtype, gradmq_reason_t *reason);

//  One more reference; returns self.
gradmq_layout_t *gradmq_layout_acquire (gradmq_layout_t *self);

//  One reference less; nulls *self_p. NULL and *NULL are fine.
void gradmq_layout_release (gradmq_layout_t **self_p);

uint64_t gradmq_layout_id (const gradmq_layout_t *self);
const gradmq_dtype_t *gradmq_layout_dtype (const gradmq_layout_t *self);
size_t gradmq_layout_count (const gradmq_layout_t *self);
const gradmq_tensor_t *gradmq_layout_tensor (const gradmq_layout_t *self, size_t index);
uint64_t gradmq_layout_elements (const gradmq_layout_t *self);

//  Bytes of the packed form in the master dtype.
uint64_t gradmq_layout_bytes (const gradmq_layout_t *self);

#endif
