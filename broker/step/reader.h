//  Reads a gradient block by block in the master dtype, transformed.

#ifndef GRADMQ_STEP_READER_H
#define GRADMQ_STEP_READER_H

#include "step/real.h"
#include "tensor/payload.h"

//  value -> second x clamp (first x value): rule Y-1 up to clip_global_norm. `first` is the sign of
//  ascent, clip_norm's factor and 1 / loss_scale in one number, rounded once.
typedef struct {
    double first;
    double clamp;  //  0: none
    double second;
} gradmq_transform_t;

#define GRADMQ_TRANSFORM_NONE ((gradmq_transform_t){1.0, 0.0, 1.0})

typedef struct {
    const gradmq_payload_t *payload;
    const gradmq_dtype_t *dtype;  //  of the elements that come now
    const gradmq_dtype_t *master;
    const gradmq_real_t *real;
    gradmq_transform_t transform;
    void *scratch;  //  a block in the master dtype
    void *raw;      //  a block of doubles
    gradmq_payload_mark_t mark;
} gradmq_reader_t;

//  The next `count` elements: a pointer into the frame when they stand in one, in the master dtype,
//  and nothing is to be done to them; else `scratch`.
const void *gradmq_reader_read (gradmq_reader_t *self, size_t count);

//  A part begins: what is read next are its elements.
void gradmq_reader_part (gradmq_reader_t *self, const gradmq_part_t *part,
                         const gradmq_tensor_t *tensor);

//  Go on behind `bytes` more.
void gradmq_reader_skip (gradmq_reader_t *self, uint64_t bytes);

#endif
