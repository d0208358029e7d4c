//  Random numbers that a seed repeats.
//    source  Steele, Lea, Flood: SplitMix (OOPSLA 2014)

#ifndef GRADMQ_TESTS_DICE_H
#define GRADMQ_TESTS_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} dice_t;

static inline uint64_t
dice_roll (dice_t *self)
{
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

//  At least 0, below `bound`, which is above 0.
static inline uint64_t
dice_below (dice_t *self, uint64_t bound)
{
    return dice_roll (self) % bound;
}

//  True that often in a hundred.
static inline bool
dice_percent (dice_t *self, unsigned percent)
{
    return dice_below (self, 100) < percent;
}

#endif
