#include "recipe.h"

#include <math.h>

static double
s_rate (const digits_adam_t *self)
{
    double done = (double) self->steps / (double) self->length;
    double half_turn = 3.14159265358979323846;
    return done < 1 ? DIGITS_LEARNING_RATE * 0.5 * (1 + cos (half_turn * done)) : 0;
}

void
digits_adam_step (digits_adam_t *self, float parameters [DIGITS_PARAMETERS],
                  const float gradient [DIGITS_PARAMETERS])
{
    double rate = s_rate (self);
    self->steps++;
    double step = rate / (1 - pow (DIGITS_BETA1, (double) self->steps));
    double root = sqrt (1 - pow (DIGITS_BETA2, (double) self->steps));
    for (size_t i = 0; i < DIGITS_PARAMETERS; i++) {
        double g = gradient [i];
        double mean = self->mean [i] + (1 - DIGITS_BETA1) * (g - self->mean [i]);
        double square = DIGITS_BETA2 * self->square [i] + (1 - DIGITS_BETA2) * g * g;
        self->mean [i] = (float) mean;
        self->square [i] = (float) square;
        parameters [i] -= (float) (step * mean / (sqrt (square) / root + DIGITS_EPSILON));
    }
}
