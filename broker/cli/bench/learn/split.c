#include "cli/bench/learn/split.h"

#include <stdbool.h>
#include <stdlib.h>

enum { WORKERS = GRADMQ_SPLIT_WORKERS, TRIES = 100 };

void
gradmq_split_clear (gradmq_split_t *self)
{
    free (self->images);
    *self = (gradmq_split_t){0};
}

size_t
gradmq_split_size (const gradmq_split_t *self, size_t worker)
{
    return self->first [worker + 1] - self->first [worker];
}

//  Where each worker's share of `count` things ends.
static void
s_shares (size_t count, double alpha, gradmq_dice_t *dice, size_t ends [WORKERS])
{
    double parts [WORKERS], sum = 0.0, before = 0.0;
    for (size_t i = 0; i < WORKERS; i++)
        sum += parts [i] = gradmq_dice_gamma (dice, alpha);
    for (size_t i = 0; i < WORKERS; i++) {
        before += parts [i];
        ends [i] = (size_t) (before / sum * (double) count + 0.5);
    }
    ends [WORKERS - 1] = count;
}

//  Decide who gets each image.
static void
s_deal (const gradmq_digits_t *digits, double alpha, gradmq_dice_t *dice, uint8_t *owners)
{
    size_t counts [GRADMQ_DIGITS_CLASSES] = {0}, seen [GRADMQ_DIGITS_CLASSES] = {0};
    size_t ends [GRADMQ_DIGITS_CLASSES][WORKERS];
    for (size_t i = 0; i < digits->count; i++)
        counts [digits->labels [i]]++;
    for (size_t label = 0; label < GRADMQ_DIGITS_CLASSES; label++)
        s_shares (counts [label], alpha, dice, ends [label]);
    for (size_t i = 0; i < digits->count; i++) {
        size_t place = seen [digits->labels [i]]++;
        uint8_t owner = 0;
        while (place >= ends [digits->labels [i]][owner])
            owner++;
        owners [i] = owner;
    }
}

//  List the images by owner.
//    returns false when a part is too small
static bool
s_list (gradmq_split_t *self, const uint8_t *owners, size_t count)
{
    size_t at = 0;
    bool good = true;
    for (size_t worker = 0; worker < WORKERS; worker++) {
        self->first [worker] = at;
        for (size_t i = 0; i < count; i++)
            if (owners [i] == worker)
                self->images [at++] = (uint32_t) i;
        self->first [worker + 1] = at;
        good = good && gradmq_split_size (self, worker) >= GRADMQ_SPLIT_LEAST;
    }
    return good;
}

static gradmq_err_t
s_too_few (const gradmq_digits_t *digits, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "%zu images are too few for %d workers with %u or more each",
                          digits->count, WORKERS, GRADMQ_SPLIT_LEAST);
}

gradmq_err_t
gradmq_split (gradmq_split_t *self, const gradmq_digits_t *digits, double alpha,
              gradmq_dice_t *dice, gradmq_reason_t *reason)
{
    *self = (gradmq_split_t){.images = calloc (digits->count + 1, sizeof *self->images)};
    uint8_t *owners = calloc (digits->count + 1, 1);
    bool good = false, memory = self->images && owners;
    for (size_t i = 0; memory && !good && i < TRIES; i++) {
        s_deal (digits, alpha, dice, owners);
        good = s_list (self, owners, digits->count);
    }
    free (owners);
    if (!memory)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return good ? GRADMQ_OK : s_too_few (digits, reason);
}

gradmq_err_t
gradmq_split_evenly (gradmq_split_t *self, const gradmq_digits_t *digits, gradmq_reason_t *reason)
{
    size_t size = digits->count / WORKERS;
    *self = (gradmq_split_t){.images = calloc (digits->count + 1, sizeof *self->images)};
    if (!self->images)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    if (size < GRADMQ_SPLIT_LEAST)
        return s_too_few (digits, reason);
    for (size_t i = 0; i < digits->count; i++)
        self->images [i] = (uint32_t) i;
    for (size_t worker = 0; worker <= WORKERS; worker++)
        self->first [worker] = worker * size;
    return GRADMQ_OK;
}
