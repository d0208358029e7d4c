//  Images of handwritten digits, 8 by 8 pixels: what `bench convergence` learns.

#ifndef GRADMQ_CLI_BENCH_LEARN_DIGITS_H
#define GRADMQ_CLI_BENCH_LEARN_DIGITS_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>

#define GRADMQ_DIGITS_PIXELS 64u
#define GRADMQ_DIGITS_CLASSES 10u
#define GRADMQ_DIGITS_DARKEST 16u

//  All zero: none.
typedef struct {
    size_t count;
    double *pixels;   //  0 to 1, GRADMQ_DIGITS_PIXELS an image
    uint8_t *labels;  //  below GRADMQ_DIGITS_CLASSES
} gradmq_digits_t;

//  Read a file of one image a line: its pixels, whole numbers from 0 to 16, then its label, with
//  commas between. Every fifth image of each label is held out as `test`.
//    owns    the caller clears both, also on error
//    errors  IO; ARGUMENT: not such a file, or fewer than 100 images; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_digits_load (gradmq_digits_t *train, gradmq_digits_t *test,
                                                   const char *path, gradmq_reason_t *reason);
void gradmq_digits_clear (gradmq_digits_t *self);

#endif
