//  Who has which images: labels are dealt out unevenly, so that no worker's data look like the whole.

#ifndef GRADMQ_CLI_BENCH_LEARN_SPLIT_H
#define GRADMQ_CLI_BENCH_LEARN_SPLIT_H

#include "cli/bench/learn/dice.h"
#include "cli/bench/learn/digits.h"

#define GRADMQ_SPLIT_WORKERS 8u

//  No part is smaller than this.
#define GRADMQ_SPLIT_LEAST 16u

//  All zero: none.
typedef struct {
    uint32_t *images;  //  each image once
    size_t
        first [GRADMQ_SPLIT_WORKERS + 1];  //  where a worker's part begins, and the last one ends
} gradmq_split_t;

//  Deal out each label's images by shares of a Dirichlet distribution; the smaller `alpha`, the less
//  even.
//    owns    the caller clears *self, also on error
//    errors  MEMORY; ARGUMENT: too few images for parts of GRADMQ_SPLIT_LEAST
GRADMQ_MUST_CHECK gradmq_err_t gradmq_split (gradmq_split_t *self, const gradmq_digits_t *digits,
                                             double alpha, gradmq_dice_t *dice,
                                             gradmq_reason_t *reason);

//  Equal parts, in the order of the images; what is left over belongs to nobody.
//    owns, errors  as above
GRADMQ_MUST_CHECK gradmq_err_t gradmq_split_evenly (gradmq_split_t *self,
                                                    const gradmq_digits_t *digits,
                                                    gradmq_reason_t *reason);
void gradmq_split_clear (gradmq_split_t *self);

//  How many images a worker has.
size_t gradmq_split_size (const gradmq_split_t *self, size_t worker);

#endif
