//  A gradient of which only the table's rows that it touches are sent (ROWS); the output goes whole.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_ROWS_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_ROWS_H

#include "cli/bench/learn/text/guess.h"
#include "wire/gradient.h"

#define GRADMQ_ROWS_TENSORS 3u

//  All zero: not open.
typedef struct {
    const gradmq_dtype_t *dtype;
    gradmq_layout_t *layout;  //  borrowed
    uint8_t *bytes;           //  the newest payload
    size_t size, space;
    gradmq_part_t parts [GRADMQ_ROWS_TENSORS];
    uint64_t stated_bytes [GRADMQ_ROWS_TENSORS];
} gradmq_rows_t;

//  True when an encoding of this name is one of ROWS; *self is open for it then.
//    owns  the caller closes *self
bool gradmq_rows_open (gradmq_rows_t *self, const char *encoding, gradmq_layout_t *layout);
void gradmq_rows_close (gradmq_rows_t *self);

//  Encode into self->bytes, and tell it in the header, which borrows self->parts.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_rows_encode (gradmq_rows_t *self,
                                                   gradmq_guess_gradient_t *gradient,
                                                   gradmq_gradient_t *header,
                                                   gradmq_reason_t *reason);

#endif
