//  Blocks of signed octets with a scale each: PROTOCOL.md, section 5, INT8.
//
//  Pointers need no alignment. The same bits on every instruction set.
//    thread  any

#ifndef GRADMQ_KERNEL_INT8_H
#define GRADMQ_KERNEL_INT8_H

#include "kernel/kernel.h"

#include <stdint.h>

#define GRADMQ_KERNEL_INT8_BLOCK 256u

//  Make scales [blocks] and octets [n] of x [0, n). A block's scale is the least F32 that is not below
//  a 127th of its greatest magnitude, an octet the nearest integer to x / scale, ties to even, from
//  -127 to 127. So |x - octet x scale| <= scale / 2, also for subnormal numbers; only where F64 values
//  are beyond 127 times the greatest F32 they become that. A block with a value that is not finite
//  gets it as its scale, and zeros.
void gradmq_kernel_int8_encode_f32 (void *scales, void *octets, const void *x, size_t n);
void gradmq_kernel_int8_encode_f64 (void *scales, void *octets, const void *x, size_t n);

//  to [i] = octets [i] x scale, rounded to the dtype: elements of one block. A scale that is not
//  finite leaves no finite value.
void gradmq_kernel_int8_decode_f32 (void *to, const void *octets, double scale, size_t n);
void gradmq_kernel_int8_decode_f64 (void *to, const void *octets, double scale, size_t n);

//  The same for n elements of many blocks, with a scale each.
void gradmq_kernel_int8_decode_blocks_f32 (void *to, const void *scales, const void *octets,
                                           size_t n);
void gradmq_kernel_int8_decode_blocks_f64 (void *to, const void *scales, const void *octets,
                                           size_t n);

#endif
