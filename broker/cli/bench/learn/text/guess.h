//  The next byte from those before it: hashes of the last 1 to GRADMQ_GUESS_ORDER bytes choose rows of a table,
//  whose sum goes through a matrix to 256 logits. A gradient touches few rows of many.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_GUESS_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_GUESS_H

#include "tensor/layout.h"

#define GRADMQ_GUESS_ORDER 4u
#define GRADMQ_GUESS_WIDTH 16u
#define GRADMQ_GUESS_BYTES 256u

//  Parameters after the table: a row of 256 weights an element of the sum, then 256 biases.
#define GRADMQ_GUESS_OUTPUT ((GRADMQ_GUESS_WIDTH + 1u) * GRADMQ_GUESS_BYTES)

//  Tensors "embedding", "output" and "bias" for a table of `rows`, a power of two.
//    errors  those of gradmq_layout_open
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guess_layout (gradmq_layout_t **layout_p, size_t rows,
                                                    gradmq_reason_t *reason);

//  A gradient, and which rows of its table are not zero.
typedef struct {
    size_t rows;     //  of the table
    double *values;  //  [gradmq_layout_elements]
    uint32_t *touched;
    size_t touched_count;
    uint8_t *marks;  //  a row that is touched has one
} gradmq_guess_gradient_t;

//    owns    the caller closes *self, also on error
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_guess_gradient_open (gradmq_guess_gradient_t *self,
                                                           size_t rows, gradmq_reason_t *reason);
void gradmq_guess_gradient_close (gradmq_guess_gradient_t *self);

//  Zero again; costs what was touched.
void gradmq_guess_gradient_reset (gradmq_guess_gradient_t *self);

//  Add this many times another gradient of the same size.
void gradmq_guess_gradient_add (gradmq_guess_gradient_t *self, double factor,
                                const gradmq_guess_gradient_t *other);

//  The rows that are touched, in order from here on.
void gradmq_guess_gradient_sort (gradmq_guess_gradient_t *self);

//  The mean loss in nats of these places in the text, each after GRADMQ_GUESS_ORDER others.
//    `w`         parameters
//    `gradient`  to which the loss's gradient is added; NULL: not wanted
double gradmq_guess (const float *w, size_t rows, const uint8_t *text, const uint32_t *places,
                     size_t count, gradmq_guess_gradient_t *gradient);

#endif
