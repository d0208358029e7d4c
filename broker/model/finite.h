//  Whether loaded parameters are finite. The room's own.

#ifndef GRADMQ_MODEL_FINITE_H
#define GRADMQ_MODEL_FINITE_H

#include "tensor/dtype.h"

//  The first of `count` elements of a master dtype that is not finite; `count` when all are.
size_t gradmq_finite_first_bad (const gradmq_dtype_t *dtype, const void *values, size_t count);

#endif
