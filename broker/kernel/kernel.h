//  Vector kernels: elementwise work and reductions over float (f32) and double (f64).
//
//  Pointers need no alignment. The same bits on every instruction set. None allocates.
//    thread  any

#ifndef GRADMQ_KERNEL_KERNEL_H
#define GRADMQ_KERNEL_KERNEL_H

#include "kernel/isa.h"

#include <stddef.h>

//  The greatest magnitude in x [0, n): NaN when there is a NaN, else infinity when there is one,
//  else the greatest |x|; 0 when n is 0. It is finite exactly when all of x is.
double gradmq_kernel_limit_f32 (const void *x, size_t n);
double gradmq_kernel_limit_f64 (const void *x, size_t n);

//  The limit of two blocks together from the limits of each; a plain > would lose a NaN.
static inline double
gradmq_kernel_worse (double a, double b)
{
    return b > a || b != b ? b : a;
}

//  The sum of squares of x [0, n), in F64, in the order of lanes.h. Callers that want sums that
//  depend on nothing but the layout add up blocks of fixed length.
double gradmq_kernel_squares_f32 (const void *x, size_t n);
double gradmq_kernel_squares_f64 (const void *x, size_t n);

//  How many pairs there are of n vectors.
static inline size_t
gradmq_kernel_pairs (size_t n)
{
    return n ? n * (n - 1) / 2 : 0;
}

//  Add the squared distances between n vectors, over `count` elements of each, to distances [n * n],
//  row-major and all 0 before the first elements: of the pairs from..to, which are counted row by row
//  above the diagonal. Nothing else of distances is touched, and a pair's bits do not depend on which
//  others go with it. Differences, squares and sums are F64, so that neither a large offset that all
//  have in common nor one vector far from the rest blurs the others' distances. They are not taken from
//  a product of matrices: its last bits depend on processor and threads, so that a replay could choose
//  another gradient, and through OpenBLAS one of centred blocks took 1.6 to 3.5 times as long, for 4
//  to 32 vectors of 2 Mi elements on one thread with AVX-512. Symmetric; infinity where a sum is
//  beyond F64, never NaN while the elements are finite. Sums are added up in stretches of
//  GRADMQ_DISTANCES_STRETCH elements, 16 lanes each (lanes.h): calls for multiples of it give the same
//  bits as one for all elements.
//    shape  from <= to <= gradmq_kernel_pairs (n)
#define GRADMQ_DISTANCES_STRETCH 1024u
void gradmq_kernel_distances_f32 (const void *const *x, size_t n, size_t count, size_t from,
                                  size_t to, double *distances);
void gradmq_kernel_distances_f64 (const void *const *x, size_t n, size_t count, size_t from,
                                  size_t to, double *distances);

//  The sum of x [i] * y [i], in F64, in the order of lanes.h.
double gradmq_kernel_dot_f32 (const void *x, const void *y, size_t n);
double gradmq_kernel_dot_f64 (const void *x, const void *y, size_t n);

//  to [i] = factor * from [i], with the factor rounded to the dtype; `to` may be `from`.
void gradmq_kernel_scale_f32 (void *to, const void *from, double factor, size_t n);
void gradmq_kernel_scale_f64 (void *to, const void *from, double factor, size_t n);

//  to [i] = - from [i]; `to` may be `from`.
void gradmq_kernel_negate_f32 (void *to, const void *from, size_t n);
void gradmq_kernel_negate_f64 (void *to, const void *from, size_t n);

//  to [i] = from [i] held between -bound and bound; a NaN stays one. `to` may be `from`.
void gradmq_kernel_clamp_f32 (void *to, const void *from, double bound, size_t n);
void gradmq_kernel_clamp_f64 (void *to, const void *from, double bound, size_t n);

//  y [i] = y [i] + factor * x [i], two roundings, the factor rounded to the dtype.
void gradmq_kernel_add_f32 (void *y, const void *x, double factor, size_t n);
void gradmq_kernel_add_f64 (void *y, const void *x, double factor, size_t n);

//  Copy bytes past the caches: for a destination that is much larger than they are and is not read
//  soon. Fastest where `to` is a multiple of 64, `from` is in the first-level cache, and computing and
//  streaming take turns every few hundred bytes. The two must not overlap. Before another thread
//  reads, call gradmq_kernel_stream_end once.
void gradmq_kernel_stream (void *to, const void *from, size_t bytes);
void gradmq_kernel_stream_end (void);

#endif
