//  The contributions to one step as streams of elements in the master dtype, tensor by tensor.
//
//  Every contribution is turned into descent's direction first: a GRADIENT under ascent and a DELTA are
//  negated, MODEL_PARAMETERS are subtracted from the parameters that they were made from.

#ifndef GRADMQ_STEP_INPUTS_H
#define GRADMQ_STEP_INPUTS_H

#include "step/self.h"

typedef enum {
    GRADMQ_INPUT_ABSENT,  //  no part for this tensor
    GRADMQ_INPUT_DENSE,   //  every element
    GRADMQ_INPUT_ROWS
} gradmq_input_form_t;

//  One contribution, at one tensor.
typedef struct {
    const gradmq_gradient_t *gradient;
    gradmq_reader_t reader;
    const uint8_t *base;  //  what MODEL_PARAMETERS are subtracted from; NULL for other kinds
    double scale;         //  after that subtraction
    double weight;
    size_t part;                //  the next one
    gradmq_factors_t *factors;  //  NULL where no part is LOW_RANK
    gradmq_input_form_t form;
    //  ROWS: the row that comes next, how much of it was read, and where the index after it stands.
    gradmq_payload_mark_t index;
    uint64_t row, row_done, rows_left;
    void *scratch;  //  a block, for what a reader cannot point to
} gradmq_input_t;

typedef struct {
    gradmq_step_t *step;
    gradmq_input_t *list;
    size_t count;
    size_t owned;                   //  inputs whose factors are ours
    size_t block;                   //  elements that are read at a time
    const gradmq_tensor_t *tensor;  //  at which they stand
    uint64_t at;                    //  element of it
    void *memory;                   //  of the blocks
} gradmq_inputs_t;

//  One input for each gradient, before the first tensor.
//    errors  MEMORY; *self is cleared all the same
GRADMQ_MUST_CHECK gradmq_err_t gradmq_inputs_open (gradmq_inputs_t *self, gradmq_step_t *step,
                                                   const gradmq_model_t *model,
                                                   const gradmq_gradient_t *const *gradients,
                                                   size_t count);
void gradmq_inputs_clear (gradmq_inputs_t *self);

//  The same inputs, with blocks of their own, at element `at` of the tensor where `from` stands at the
//  first. For those that are plain.
//    owns    cleared by the caller; on error it is cleared already
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_inputs_copy (gradmq_inputs_t *self,
                                                   const gradmq_inputs_t *from, uint64_t at);

//  True when every part for this tensor is DENSE, so that element i is the i-th.
bool gradmq_inputs_plain (const gradmq_inputs_t *self);

//  How many threads this tensor is worth: 1 unless it is big and plain.
size_t gradmq_inputs_width (const gradmq_inputs_t *self);

//  Every input stands before the first tensor again.
void gradmq_inputs_rewind (gradmq_inputs_t *self);

//  Go on to this tensor, whose predecessor was read or skipped. Fills each input's form.
void gradmq_inputs_tensor (gradmq_inputs_t *self, size_t tensor);

//  Leave the tensor unread.
void gradmq_inputs_skip (gradmq_inputs_t *self);

//  The next `count` elements of this input, zeros for rows that it does not have.
//    owns    the pointer lives until its next read
const void *gradmq_input_read (gradmq_inputs_t *self, gradmq_input_t *input, uint64_t at,
                               size_t count);

//  Multiply this input from now on.
void gradmq_input_scale (gradmq_input_t *input, double factor);

//  Rule Y-1: multiply each input so that its norm is at most clip_norm.
//    errors  NON_FINITE: a norm is beyond F64
GRADMQ_MUST_CHECK gradmq_err_t gradmq_inputs_clip (gradmq_inputs_t *self, double clip_norm);

#endif
