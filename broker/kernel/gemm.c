#include "kernel/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

#define GEMM(t, real, call)                                                                        \
    void gradmq_kernel_gemm_##t (const gradmq_gemm_t *of)                                          \
    {                                                                                              \
        assert (of->m <= INT_MAX && of->n <= INT_MAX && of->k <= INT_MAX);                         \
        int m = (int) of->m, n = (int) of->n, k = (int) of->k;                                     \
        real *c = of->c;                                                                           \
        call (CblasRowMajor, of->turn_a ? CblasTrans : CblasNoTrans,                               \
              of->turn_b ? CblasTrans : CblasNoTrans, m, n, k, 1, of->a, of->turn_a ? m : k,       \
              of->b, of->turn_b ? k : n, 0, c, n);                                                 \
    }

GEMM (f32, float, cblas_sgemm)
GEMM (f64, double, cblas_dgemm)
