#include "random.h"

uint64_t
digits_random_next (digits_random_t *self)
{
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t
digits_random_below (digits_random_t *self, size_t bound)
{
    //  The bias of the remainder is below 2^-50 for the bounds of this program.
    return (size_t) (digits_random_next (self) % bound);
}

double
digits_random_signed (digits_random_t *self)
{
    return (double) (digits_random_next (self) >> 11) * 0x1p-52 - 1.0;
}

void
digits_random_shuffle (digits_random_t *self, uint32_t *numbers, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = digits_random_below (self, i);
        uint32_t kept = numbers [i - 1];
        numbers [i - 1] = numbers [j];
        numbers [j] = kept;
    }
}
