//  Products of matrices, by OpenBLAS. Their last bits depend on its version and on the processor,
//  unlike those of the other kernels.

#ifndef GRADMQ_KERNEL_GEMM_H
#define GRADMQ_KERNEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>

//  c (m x n) = a (m x k) b (k x n), row-major, without gaps, aligned as their elements are; c is
//  neither of the two. Turned: `a` stands there as k x m, `b` as n x k. No side is above INT_MAX.
typedef struct {
    size_t m, n, k;
    const void *a;
    bool turn_a;
    const void *b;
    bool turn_b;
    void *c;
} gradmq_gemm_t;

//    thread  any
void gradmq_kernel_gemm_f32 (const gradmq_gemm_t *of);
void gradmq_kernel_gemm_f64 (const gradmq_gemm_t *of);

#endif
