//  How a part's elements are read: a file and a row an encoding (tensor/encoding.def).

#ifndef GRADMQ_STEP_DECODER_H
#define GRADMQ_STEP_DECODER_H

#include "step/reader.h"

struct gradmq_decoder {
    //  A part begins: part and tensor are set, the mark is at its first byte, nothing was read.
    //  NULL: there is nothing to prepare.
    void (*open) (gradmq_reader_t *self);
    //  The next `count` elements of the tensor (with ROWS: of the part) in the master dtype, where they
    //  stand, or in scratch. Counts them in self->at.
    const void *(*read) (gradmq_reader_t *self, size_t count);
};

//  The row of an encoding that is known.
const gradmq_decoder_t *gradmq_decoder (uint32_t encoding);

//  Elements that stand there as they are, in self->dtype.
const void *gradmq_decode_plain (gradmq_reader_t *self, size_t count);

#endif
