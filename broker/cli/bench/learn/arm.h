//  The tables of what is compared: arm.def, text/arm.def.

#ifndef GRADMQ_CLI_BENCH_LEARN_ARM_H
#define GRADMQ_CLI_BENCH_LEARN_ARM_H

#include <stdbool.h>
#include <stddef.h>

typedef enum { GRADMQ_PACE_FREELY, GRADMQ_PACE_ROUND, GRADMQ_PACE_CLOCK } gradmq_pace_t;

#define GRADMQ_ARM_OUTER_MAX 4u

//  A margin that says: it has to be undercut, by this much at least.
#define GRADMQ_ARM_MUST_FAIL 1.0
#define GRADMQ_ARM_BROKEN (-0.10)

//  A row of arm.def.
typedef struct {
    const char *name;
    const char *settings;
    gradmq_pace_t pace;
    size_t local_steps;
    size_t per_version;
    const char *encoding;
    double outer [GRADMQ_ARM_OUTER_MAX];  //  ends with 0
    double margin;
    double poisoned;
    bool quick;
} gradmq_arm_t;

//  Row number `index`, NULL past the last. The first is what the others are compared with.
const gradmq_arm_t *gradmq_arm_at (size_t index);
//  The same of text/arm.def.
const gradmq_arm_t *gradmq_text_arm_at (size_t index);

//  The row of arm.def with this name, NULL when there is none.
const gradmq_arm_t *gradmq_arm_find (const char *name);

#endif
