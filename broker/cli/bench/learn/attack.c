#include "cli/bench/learn/attack.h"

#include <math.h>

const gradmq_attack_t gradmq_attack_table [GRADMQ_ATTACKS] = {
#define ATTACK(id, words, harms) [GRADMQ_ATTACK_##id] = {.text = words, .breaks = harms},
#include "cli/bench/learn/attack.def"
#undef ATTACK
};

//  So far from the mean of the honest that it is still among them.
static double
s_little (const double *others, size_t other_count, size_t stride)
{
    double sum = 0.0, squares = 0.0, n = (double) other_count;
    for (size_t i = 0; i < other_count; i++)
        sum += others [i * stride];
    for (size_t i = 0; i < other_count; i++) {
        double off = others [i * stride] - sum / n;
        squares += off * off;
    }
    return sum / n - GRADMQ_ATTACK_DEVIATIONS * sqrt (squares / n);
}

void
gradmq_attack (gradmq_attack_id_t id, gradmq_dice_t *dice, const double *others, size_t other_count,
               double *gradient, size_t count)
{
    for (size_t j = 0; j < count; j++)
        switch (id) {
            case GRADMQ_ATTACK_FLIPPED:
                gradient [j] *= -100.0;
                break;
            case GRADMQ_ATTACK_NOT_A_NUMBER:
                gradient [j] = NAN;
                break;
            case GRADMQ_ATTACK_RANDOM:
                gradient [j] = gradmq_dice_normal (dice);
                break;
            case GRADMQ_ATTACK_LOUD:
                gradient [j] = 200.0 * gradmq_dice_normal (dice);
                break;
            case GRADMQ_ATTACK_LITTLE:
                gradient [j] = s_little (others + j, other_count, count);
                break;
            case GRADMQ_ATTACK_NONE:
            case GRADMQ_ATTACKS:
                break;
        }
}
