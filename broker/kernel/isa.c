#include "kernel/isa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

//  GRADMQ_ISAS: not chosen yet. Two threads that choose at once choose the same.
static atomic_int s_isa = GRADMQ_ISAS;

const char *
gradmq_isa_name (gradmq_isa_t isa)
{
    static const char *const names [] = {"baseline", "avx2", "avx512"};
    return isa < GRADMQ_ISAS ? names [isa] : "?";
}

bool
gradmq_isa_there (gradmq_isa_t isa)
{
    if (isa == GRADMQ_ISA_BASELINE)
        return true;
#if defined(__x86_64__)
    __builtin_cpu_init ();
    if (isa == GRADMQ_ISA_AVX2)
        return __builtin_cpu_supports ("avx2");
    if (isa == GRADMQ_ISA_AVX512)
        return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("avx512f")
               && __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx512dq")
               && __builtin_cpu_supports ("avx512bw");
#endif
    return false;
}

static gradmq_isa_t
s_choose (void)
{
    const char *wanted = getenv ("GRADMQ_ISA");
    gradmq_isa_t best = GRADMQ_ISA_BASELINE;
    for (int i = 0; i < GRADMQ_ISAS; i++) {
        gradmq_isa_t isa = (gradmq_isa_t) i;
        if (!gradmq_isa_there (isa))
            continue;
        if (wanted && strcmp (wanted, gradmq_isa_name (isa)) == 0)
            return isa;
        best = isa;
    }
    return best;
}

gradmq_isa_t
gradmq_isa (void)
{
    int isa = atomic_load_explicit (&s_isa, memory_order_relaxed);
    if (isa == GRADMQ_ISAS) {
        isa = (int) s_choose ();
        atomic_store_explicit (&s_isa, isa, memory_order_relaxed);
    }
    return (gradmq_isa_t) isa;
}

bool
gradmq_isa_use (gradmq_isa_t isa)
{
    if (!gradmq_isa_there (isa))
        return false;
    atomic_store_explicit (&s_isa, (int) isa, memory_order_relaxed);
    return true;
}
