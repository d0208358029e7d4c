//  What bad workers hand in: attack.def.

#ifndef GRADMQ_CLI_BENCH_LEARN_ATTACK_H
#define GRADMQ_CLI_BENCH_LEARN_ATTACK_H

#include "cli/bench/learn/dice.h"

#include <stdbool.h>

typedef enum {
#define ATTACK(id, text, breaks) GRADMQ_ATTACK_##id,
#include "cli/bench/learn/attack.def"
#undef ATTACK
    GRADMQ_ATTACKS
} gradmq_attack_id_t;

//  A row of attack.def.
typedef struct {
    const char *text;
    bool breaks;
} gradmq_attack_t;

extern const gradmq_attack_t gradmq_attack_table [GRADMQ_ATTACKS];

//  Deviations from the mean that LITTLE goes. The paper's formula gives 0 for 2 of 8; this is more, and
//  among what the paper tries.
#define GRADMQ_ATTACK_DEVIATIONS 1.5

//  Make of an honest gradient what this attack hands in.
//    shape   gradient [count]; others [other_count * count]: what honest workers would hand in now,
//            which LITTLE knows and nobody else needs
//    source  LITTLE: Baruch, Baruch and Goldberg, 2019, algorithm 3
void gradmq_attack (gradmq_attack_id_t id, gradmq_dice_t *dice, const double *others,
                    size_t other_count, double *gradient, size_t count);

#endif
