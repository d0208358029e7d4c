//  Sums in F64 whose order does not depend on the instruction set: lane j adds up the elements
//  j, j + 64, j + 128 ..., then lane j gets lane j + 32, then j + 16, down to lane 0.

#ifndef GRADMQ_KERNEL_LANES_H
#define GRADMQ_KERNEL_LANES_H

#include "kernel/variant.h"

#define GRADMQ_LANES 64u

//  Add the lanes up; they are used for it.
GRADMQ_INLINE double
gradmq_lanes_sum (double lanes [GRADMQ_LANES])
{
    for (size_t width = GRADMQ_LANES / 2; width; width /= 2)
        for (size_t j = 0; j < width; j++)
            lanes [j] += lanes [j + width];
    return lanes [0];
}

#endif
