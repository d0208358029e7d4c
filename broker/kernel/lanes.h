//  Sums in F64 whose order does not depend on the instruction set: lane j adds up the elements
//  j, j + 64, j + 128 ..., then lane j gets lane j + 32, then j + 16, down to lane 0. The same with
//  16 lanes where many sums are short or share registers.

#ifndef GRADMQ_KERNEL_LANES_H
#define GRADMQ_KERNEL_LANES_H

#include "kernel/variant.h"

#define GRADMQ_LANES 64u
#define GRADMQ_LANES_FEW 16u

//  Add `count` lanes, a power of two, up; they are used for it.
GRADMQ_INLINE double
gradmq_lanes_fold (double *lanes, size_t count)
{
    for (size_t width = count / 2; width; width /= 2)
        for (size_t j = 0; j < width; j++)
            lanes [j] += lanes [j + width];
    return lanes [0];
}

GRADMQ_INLINE double
gradmq_lanes_sum (double lanes [GRADMQ_LANES])
{
    return gradmq_lanes_fold (lanes, GRADMQ_LANES);
}

#endif
