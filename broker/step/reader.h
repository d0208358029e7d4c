//  Reads a gradient block by block in the master dtype, transformed.

#ifndef GRADMQ_STEP_READER_H
#define GRADMQ_STEP_READER_H

#include "step/factors.h"
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

typedef struct gradmq_decoder gradmq_decoder_t;

//  A plain value: a copy that is put back rewinds it. The last group is the decoder's.
typedef struct {
    const gradmq_payload_t *payload;
    const gradmq_dtype_t *dtype;  //  of the elements that come now
    const gradmq_dtype_t *master;
    const gradmq_real_t *real;
    gradmq_transform_t transform;
    void *scratch;              //  a block in the master dtype
    void *raw;                  //  a block of doubles
    gradmq_factors_t *factors;  //  for LOW_RANK, reserved; readers of one have to take turns
    gradmq_payload_mark_t mark;

    const gradmq_decoder_t *decoder;  //  NULL: there are no parts, every element is DENSE
    const gradmq_part_t *part;
    const gradmq_tensor_t *tensor;
    gradmq_payload_mark_t begin;  //  first byte of the part
    uint64_t begin_at;            //  that in the payload

    uint64_t at;                 //  elements of the part that were read
    gradmq_payload_mark_t head;  //  next index or scale
    uint64_t left;               //  indices that were not read yet
    uint64_t index;              //  of the next value
    double scale;
} gradmq_reader_t;

//  This part comes now. Whatever was left of the one before is skipped; parts that were not called are
//  too. A gradient without parts is read without it.
//    shape   a part of this payload, `tensor` its tensor
void gradmq_reader_part (gradmq_reader_t *self, const gradmq_part_t *part,
                         const gradmq_tensor_t *tensor);

//  The next `count` elements of the tensor, whatever its encoding (ROWS: of the rows that are there, their
//  indices skipped by hand): a pointer to where they stand, in the master dtype, when nothing is to be
//  done to them; else `scratch`.
//    owns    borrowed, until the next call on a reader with the same scratch or factors
const void *gradmq_reader_read (gradmq_reader_t *self, size_t count);

//  Go on behind `bytes` more of the payload: for what stands there as it is.
void gradmq_reader_skip (gradmq_reader_t *self, uint64_t bytes);

//  The next `elements` are not wanted. With parts, nothing more of this one is read afterwards.
void gradmq_reader_leave (gradmq_reader_t *self, uint64_t elements);

#endif
