#include "batch.h"

#include "random.h"

#include <stdlib.h>

struct digits_batch {
    const digits_set_t *train;
    uint32_t *order;  //  the part's images, as they come
    size_t count;     //  of them
    size_t next;      //  place in the order
    double noise;
    digits_random_t random;
    digits_set_t images;
};

digits_batch_t *
digits_batch_new (const digits_set_t *train, size_t part, size_t parts, size_t size, double noise,
                  uint64_t seed)
{
    digits_batch_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->train = train;
    self->noise = noise;
    self->random.state = seed;
    self->order = malloc ((train->count + 1) * sizeof *self->order);
    if (self->order && digits_set_new (&self->images, size)) {
        for (size_t i = part; i < train->count; i += parts)
            self->order [self->count++] = (uint32_t) i;
        self->next = self->count;
    }
    if (size == 0 || self->count < size)
        digits_batch_destroy (&self);
    return self;
}

void
digits_batch_destroy (digits_batch_t **self_p)
{
    digits_batch_t *self = *self_p;
    if (!self)
        return;
    digits_set_destroy (&self->images);
    free (self->order);
    free (self);
    *self_p = NULL;
}

const digits_set_t *
digits_batch_next (digits_batch_t *self)
{
    if (self->count - self->next < self->images.count) {
        digits_random_shuffle (&self->random, self->order, self->count);
        self->next = 0;
    }
    for (size_t i = 0; i < self->images.count; i++)
        digits_set_copy (&self->images, i, self->train, self->order [self->next++]);
    for (size_t i = 0; i < self->images.count * DIGITS_PIXELS; i++)
        self->images.pixels [i] += (float) (self->noise * digits_random_signed (&self->random));
    return &self->images;
}
