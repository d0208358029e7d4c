//  Kernels and passes by master dtype, so that the rest of the room is written once.

#ifndef GRADMQ_STEP_REAL_H
#define GRADMQ_STEP_REAL_H

#include "aggregate/rule.h"
#include "kernel/gemm.h"
#include "optimize/optimizer.h"

typedef struct {
    double value_limit;  //  greatest gradient that is taken: PROTOCOL.md, G-2, check 11
    double safe_limit;   //  see margin.h
    double greatest;     //  greatest finite factor that stays finite in this dtype
    double (*limit) (const void *x, size_t n);
    double (*squares) (const void *x, size_t n);
    void (*scale) (void *to, const void *from, double factor, size_t n);
    void (*negate) (void *to, const void *from, size_t n);
    void (*add) (void *y, const void *x, double factor, size_t n);
    void (*distances) (const void *const *x, size_t n, size_t count, size_t from, size_t to,
                       double *distances);
    gradmq_gather_pass_t *(*gather) (const gradmq_rule_t *rule);
    void (*clamp) (void *to, const void *from, double bound, size_t n);
    //  Octets times a scale, the product of matrices.
    void (*int8) (void *to, const void *octets, double scale, size_t n);
    void (*gemm) (const gradmq_gemm_t *of);
    //  From another dtype into this one.
    void (*convert) (const gradmq_dtype_t *dtype, void *to, const void *from, size_t n);
    //  The optimizer's passes; `streams`: out of place, past the caches.
    double (*block) (const gradmq_optimizer_t *optimizer, const gradmq_block_t *block,
                     bool streams);
    double (*series) (const gradmq_optimizer_t *optimizer, const gradmq_series_t *series,
                      bool streams);
    void (*norms) (const gradmq_optimizer_t *optimizer, const gradmq_block_t *block,
                   double sums [2]);
} gradmq_real_t;

//  The row of a layout's master dtype.
const gradmq_real_t *gradmq_real (const gradmq_dtype_t *master);

#endif
