//  Random numbers that are the same everywhere for the same seed: SplitMix64.
//    source  S. Vigna, splitmix64.c, 2015; after Steele, Lea and Flood, OOPSLA 2014

#ifndef DIGITS_RANDOM_H
#define DIGITS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t state;  //  the seed, at first
} digits_random_t;

uint64_t digits_random_next (digits_random_t *self);

//  At least 0, below `bound`, which is above 0.
size_t digits_random_below (digits_random_t *self, size_t bound);

//  From the interval [-1, 1).
double digits_random_signed (digits_random_t *self);

//  Put `count` numbers in a random order.
void digits_random_shuffle (digits_random_t *self, uint32_t *numbers, size_t count);

#endif
