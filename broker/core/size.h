//  Sizes that come from outside are added and multiplied by these only.

#ifndef GRADMQ_CORE_SIZE_H
#define GRADMQ_CORE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  *result = a + b; false, and *result unchanged, when that does not fit.
static inline bool
gradmq_size_add (uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t sum;
    if (__builtin_add_overflow (a, b, &sum))
        return false;
    *result = sum;
    return true;
}

//  *result = a * b; false, and *result unchanged, when that does not fit.
static inline bool
gradmq_size_mul (uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t product;
    if (__builtin_mul_overflow (a, b, &product))
        return false;
    *result = product;
    return true;
}

#endif
