#include "cli/bench/learn/arm.h"

#include <math.h>
#include <string.h>

#define FREELY GRADMQ_PACE_FREELY
#define ROUND GRADMQ_PACE_ROUND
#define CLOCK GRADMQ_PACE_CLOCK
#define MUST_FAIL GRADMQ_ARM_MUST_FAIL
#define OUTER(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const gradmq_arm_t s_arms [] = {
#define ARM(n, words, when, local, each, kind, rates, least, bad, short)                           \
    {.name = #n,                                                                                   \
     .settings = words,                                                                            \
     .pace = when,                                                                                 \
     .local_steps = local,                                                                         \
     .per_version = each,                                                                          \
     .encoding = kind,                                                                             \
     .outer = rates,                                                                               \
     .margin = least,                                                                              \
     .poisoned = bad,                                                                              \
     .quick = short},
#include "cli/bench/learn/arm.def"
};

static const gradmq_arm_t s_text_arms [] = {
#include "cli/bench/learn/text/arm.def"
#undef ARM
};

const gradmq_arm_t *
gradmq_arm_at (size_t index)
{
    return index < sizeof s_arms / sizeof s_arms [0] ? &s_arms [index] : NULL;
}

const gradmq_arm_t *
gradmq_text_arm_at (size_t index)
{
    return index < sizeof s_text_arms / sizeof s_text_arms [0] ? &s_text_arms [index] : NULL;
}

const gradmq_arm_t *
gradmq_arm_find (const char *name)
{
    const gradmq_arm_t *arm;
    for (size_t i = 0; (arm = gradmq_arm_at (i)); i++)
        if (strcmp (arm->name, name) == 0)
            return arm;
    return NULL;
}
