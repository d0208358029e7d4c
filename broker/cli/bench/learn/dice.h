//  Random numbers that can be had again: everything that a run of `bench convergence` draws comes from
//  its seed, so that all arms meet the same luck.

#ifndef GRADMQ_CLI_BENCH_LEARN_DICE_H
#define GRADMQ_CLI_BENCH_LEARN_DICE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} gradmq_dice_t;

//  Streams of one seed are independent of each other.
gradmq_dice_t gradmq_dice (uint64_t seed, uint64_t stream);

//    source  SplitMix64 (Steele, Lea and Flood, 2014)
uint64_t gradmq_dice_next (gradmq_dice_t *self);

//  Above 0, below 1.
double gradmq_dice_uniform (gradmq_dice_t *self);

//  At least 0, below `bound`, which is above 0.
size_t gradmq_dice_below (gradmq_dice_t *self, size_t bound);

//  Mean 0, variance 1.
//    source  Box and Muller, 1958
double gradmq_dice_normal (gradmq_dice_t *self);

//  Gamma distributed, scale 1; `shape` is above 0.
//    source  Marsaglia and Tsang, 2000
double gradmq_dice_gamma (gradmq_dice_t *self, double shape);

#endif
