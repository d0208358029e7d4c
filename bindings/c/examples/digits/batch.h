//  Minibatches of one worker's part of the training images: all of the part in a random order, then
//  again in another.

#ifndef DIGITS_BATCH_H
#define DIGITS_BATCH_H

#include "data.h"

typedef struct digits_batch digits_batch_t;

//  `part` of `parts`: images part, part + parts, part + 2 parts ...; part 0 of 1 is everything.
//  `size` images a batch. Each pixel is moved at random by up to `noise`, so that no image comes twice
//  and the network does not learn them by heart.
//    owns    `train` is borrowed until destroy
//    errors  NULL: out of memory, or the part has fewer images than a batch
digits_batch_t *digits_batch_new (const digits_set_t *train, size_t part, size_t parts, size_t size,
                                  double noise, uint64_t seed);
void digits_batch_destroy (digits_batch_t **self_p);

//  The next one.
//    owns    borrowed until the next call
const digits_set_t *digits_batch_next (digits_batch_t *self);

#endif
