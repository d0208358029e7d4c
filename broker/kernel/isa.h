//  Which instruction set the kernels use. All give the same bits; they differ in speed only.

#ifndef GRADMQ_KERNEL_ISA_H
#define GRADMQ_KERNEL_ISA_H

#include <stdbool.h>

typedef enum {
    GRADMQ_ISA_BASELINE,  //  what the compiler was told to build for
    GRADMQ_ISA_AVX2,
    GRADMQ_ISA_AVX512,  //  F, VL, DQ and BW
    GRADMQ_ISAS
} gradmq_isa_t;

//  The one in use. Chosen at the first call: the best that the machine has, or what the environment
//  variable GRADMQ_ISA names ("baseline", "avx2", "avx512") where the machine has that.
//    thread  any
gradmq_isa_t gradmq_isa (void);

//  True when this machine can run it.
bool gradmq_isa_there (gradmq_isa_t isa);

//  Use this one from now on; false, and nothing changes, where it is not there. For tests.
//    thread  any; a kernel that runs at the same time finishes with the old one
bool gradmq_isa_use (gradmq_isa_t isa);

//  "baseline", "avx2", "avx512".
//    owns    static text
const char *gradmq_isa_name (gradmq_isa_t isa);

#endif
