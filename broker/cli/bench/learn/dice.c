#include "cli/bench/learn/dice.h"

#include <math.h>

gradmq_dice_t
gradmq_dice (uint64_t seed, uint64_t stream)
{
    gradmq_dice_t of_seed = {seed};
    gradmq_dice_t of_stream = {gradmq_dice_next (&of_seed) + stream * 0xd1342543de82ef95u};
    return (gradmq_dice_t){gradmq_dice_next (&of_stream)};
}

uint64_t
gradmq_dice_next (gradmq_dice_t *self)
{
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double
gradmq_dice_uniform (gradmq_dice_t *self)
{
    return ((double) (gradmq_dice_next (self) >> 12) + 0.5) * 0x1p-52;
}

size_t
gradmq_dice_below (gradmq_dice_t *self, size_t bound)
{
    //  The bias of the remainder is below 2^-40 for the bounds of this program.
    return (size_t) (gradmq_dice_next (self) % bound);
}

double
gradmq_dice_normal (gradmq_dice_t *self)
{
    double radius = sqrt (-2.0 * log (gradmq_dice_uniform (self)));
    return radius * cos (6.283185307179586 * gradmq_dice_uniform (self));
}

//  For a shape of at least 1.
static double
s_gamma (gradmq_dice_t *self, double shape)
{
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt (9.0 * d);
    for (;;) {
        double x = gradmq_dice_normal (self), v = 1.0 + c * x;
        if (v <= 0.0)
            continue;
        v = v * v * v;
        if (log (gradmq_dice_uniform (self)) < 0.5 * x * x + d - d * v + d * log (v))
            return d * v;
    }
}

double
gradmq_dice_gamma (gradmq_dice_t *self, double shape)
{
    if (shape >= 1.0)
        return s_gamma (self, shape);
    double whole = s_gamma (self, shape + 1.0);
    return whole * pow (gradmq_dice_uniform (self), 1.0 / shape);
}
