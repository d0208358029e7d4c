//  One loop, compiled once an instruction set. For the sources of kernel, aggregate and optimize only.
//
//  A kernel is a GRADMQ_INLINE function called <name>_body; GRADMQ_VARIANTS makes of it a variant
//  an instruction set and <name>, which calls the one in use. Bodies have no reduction over
//  floating-point numbers in one variable, since its order would depend on the vectors' length:
//  maxima are taken over integers, sums over an array of lanes (lanes.h).

#ifndef GRADMQ_KERNEL_VARIANT_H
#define GRADMQ_KERNEL_VARIANT_H

#include "kernel/isa.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

//  Elements of the two master dtypes in memory: at any address, under any other type's name.
typedef float gradmq_f32_t __attribute__ ((aligned (1), may_alias));
typedef double gradmq_f64_t __attribute__ ((aligned (1), may_alias));

//  The same in registers, and the integers that hold their bits, by the dtype's suffix.
#define GRADMQ_REAL_f32 float
#define GRADMQ_REAL_f64 double
#define GRADMQ_BITS_f32 int32_t
#define GRADMQ_BITS_f64 int64_t

#define GRADMQ_INLINE static inline __attribute__ ((always_inline))

//  Before a loop whose iterations do not touch each other's elements.
#if defined(__clang__)
#define GRADMQ_LOOP _Pragma ("clang loop vectorize(assume_safety)")
#else
#define GRADMQ_LOOP _Pragma ("GCC ivdep")
#endif

#if defined(__clang__)
#define GRADMQ_TARGET_AVX512 "avx512f,avx512vl,avx512dq,avx512bw"
#else
#define GRADMQ_TARGET_AVX512 "avx512f,avx512vl,avx512dq,avx512bw,prefer-vector-width=512"
#endif

//  GRADMQ_VARIANTS (static, double, s_sum, (const void *x, size_t n), (x, n)) after s_sum_body.
//  GRADMQ_VARIANTS_VOID is the same for kernels that return nothing.
#define GRADMQ_VARIANTS(scope, type, name, parameters, arguments)                                  \
    GRADMQ_VARIANTS_OF (scope, type, return, name, parameters, arguments)
#define GRADMQ_VARIANTS_VOID(scope, name, parameters, arguments)                                   \
    GRADMQ_VARIANTS_OF (scope, void, , name, parameters, arguments)

#if defined(__x86_64__)
#define GRADMQ_VARIANTS_OF(scope, type, give, name, parameters, arguments)                         \
    static type name##_baseline parameters                                                         \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }                                                                                              \
    __attribute__ ((target ("avx2"))) static type name##_avx2 parameters                           \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }                                                                                              \
    __attribute__ ((target (GRADMQ_TARGET_AVX512))) static type name##_avx512 parameters           \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }                                                                                              \
    scope type name parameters                                                                     \
    {                                                                                              \
        switch (gradmq_isa ()) {                                                                   \
            case GRADMQ_ISA_AVX512:                                                                \
                give name##_avx512 arguments;                                                      \
                break;                                                                             \
            case GRADMQ_ISA_AVX2:                                                                  \
                give name##_avx2 arguments;                                                        \
                break;                                                                             \
            default:                                                                               \
                give name##_baseline arguments;                                                    \
        }                                                                                          \
    }
#else
#define GRADMQ_VARIANTS_OF(scope, type, give, name, parameters, arguments)                         \
    scope type name parameters                                                                     \
    {                                                                                              \
        give name##_body arguments;                                                                \
    }
#endif

//  A number's magnitude as an integer: NaN > infinity > every finite number.
GRADMQ_INLINE int32_t
gradmq_magnitude_f32 (float x)
{
    int32_t bits;
    memcpy (&bits, &x, sizeof bits);
    return bits & INT32_MAX;
}

GRADMQ_INLINE int64_t
gradmq_magnitude_f64 (double x)
{
    int64_t bits;
    memcpy (&bits, &x, sizeof bits);
    return bits & INT64_MAX;
}

//  And back.
GRADMQ_INLINE double
gradmq_from_magnitude_f32 (int32_t bits)
{
    float x;
    memcpy (&x, &bits, sizeof x);
    return (double) x;
}

GRADMQ_INLINE double
gradmq_from_magnitude_f64 (int64_t bits)
{
    double x;
    memcpy (&x, &bits, sizeof x);
    return x;
}

//  *max = the greater of *max and bits, as an expression that becomes one instruction.
#define GRADMQ_RAISE(max, bits) ((max) = (bits) > (max) ? (bits) : (max))

#endif
