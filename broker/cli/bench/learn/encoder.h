//  From what a worker computed to the bytes that it hands in. Compression is the client library's.

#ifndef GRADMQ_CLI_BENCH_LEARN_ENCODER_H
#define GRADMQ_CLI_BENCH_LEARN_ENCODER_H

#include "compress.h"

#include "wire/gradient.h"

#define GRADMQ_ENCODER_TENSORS_MAX 4u

//  A row of encoding.def.
typedef struct {
    const char *name;
    uint32_t dtype;
    bool feedback;
    gradmq_compression_t compression;
} gradmq_encoder_row_t;

//  NULL when there is none of this name.
const gradmq_encoder_row_t *gradmq_encoder_find (const char *name);

//  All zero: not open.
typedef struct {
    const gradmq_encoder_row_t *row;
    gradmq_layout_t *layout;
    gradmq_compressor_t compressor;
    float *values;     //  what is encoded
    double *residual;  //  what whole gradients have lost so far
    uint8_t *bytes;    //  the newest payload
    size_t size;       //  of every payload
    //  What the header tells of it.
    gradmq_part_t parts [GRADMQ_ENCODER_TENSORS_MAX];
    uint64_t stated_bytes [GRADMQ_ENCODER_TENSORS_MAX];
} gradmq_encoder_t;

//    `layout`  of F32, with at most GRADMQ_ENCODER_TENSORS_MAX tensors
//    owns      the caller closes *self, also on error
//    errors    MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_encoder_open (gradmq_encoder_t *self,
                                                    const gradmq_encoder_row_t *row,
                                                    gradmq_layout_t *layout,
                                                    gradmq_reason_t *reason);
void gradmq_encoder_close (gradmq_encoder_t *self);

//  Encode into self->bytes and tell it in the header, which borrows self->parts.
//    shape   values [elements of the layout]
//    errors  NON_FINITE, where there is compression
GRADMQ_MUST_CHECK gradmq_err_t gradmq_encoder_encode (gradmq_encoder_t *self, const double *values,
                                                      gradmq_gradient_t *header,
                                                      gradmq_reason_t *reason);

#endif
