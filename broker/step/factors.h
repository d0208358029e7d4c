//  The factors of a LOW_RANK part, decoded, and a strip of their product: what reading one needs
//  beyond a block. It is made anew from the payload whenever another part or strip is read, so that
//  several readers may share one, at the price of that work.
//
//  A strip is as many whole rows of the product as go into GRADMQ_STRIP, or, where a row is longer, a
//  piece of one. Which strips there are depends on the shape alone, so that a value has the same bits
//  whoever reads it, in blocks of whatever length.

#ifndef GRADMQ_STEP_FACTORS_H
#define GRADMQ_STEP_FACTORS_H

#include "step/real.h"
#include "tensor/payload.h"

#define GRADMQ_STRIP 65536u  //  elements

typedef struct gradmq_factors gradmq_factors_t;

//  NULL: out of memory.
gradmq_factors_t *gradmq_factors_new (void);
void gradmq_factors_destroy (gradmq_factors_t **self_p);

//  Get the memory that reading these parts as `master` takes, and forget what is held. For parts of other
//  encodings that is none.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_factors_reserve (gradmq_factors_t *self,
                                                       const gradmq_layout_t *layout,
                                                       const gradmq_dtype_t *master,
                                                       const gradmq_part_t *parts, size_t count,
                                                       gradmq_reason_t *reason);

//  One part of a payload, about to be read in a master dtype. Memory for it was reserved.
typedef struct {
    const gradmq_payload_t *payload;
    gradmq_payload_mark_t begin;  //  the part's first byte
    const gradmq_part_t *part;
    const gradmq_tensor_t *tensor;
    const gradmq_dtype_t *master;
    const gradmq_real_t *real;
} gradmq_factored_t;

//  Elements of the product from number `at` on, in the master dtype: at most `count`, as many as stand
//  together. Not finite where a factor is not.
//    owns    borrowed, until the next call
const void *gradmq_factors_read (gradmq_factors_t *self, const gradmq_factored_t *from, uint64_t at,
                                 size_t *count);

//  What is held is not to be trusted any more.
void gradmq_factors_forget (gradmq_factors_t *self);

#endif
