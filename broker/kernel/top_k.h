//  Selection of the greatest magnitudes.

#ifndef GRADMQ_KERNEL_TOP_K_H
#define GRADMQ_KERNEL_TOP_K_H

#include <stddef.h>

//  The indices of the k greatest magnitudes of x [0, n), ascending, as u32 at any address; of equal
//  ones those with the lower index. NaN counts as the greatest. In O(n), without memory.
//    shape   1 <= k <= n <= 2^32 - 1
//    thread  any
void gradmq_kernel_top_k_f32 (void *indices, const void *x, size_t n, size_t k);
void gradmq_kernel_top_k_f64 (void *indices, const void *x, size_t n, size_t k);

#endif
