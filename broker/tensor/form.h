//  The forms in which whole models go from the coordinator to its readers: a row a stream (form.def).

#ifndef GRADMQ_TENSOR_FORM_H
#define GRADMQ_TENSOR_FORM_H

#include "tensor/layout.h"

typedef struct {
    const char *name;   //  of the stream
    uint32_t encoding;  //  a row of encoding.def that has no count
    uint32_t dtype;     //  of the elements, or of the scales
} gradmq_form_t;

//  Row number `index`, NULL past the last.
const gradmq_form_t *gradmq_form_at (size_t index);

//  The row of a stream; the one with this encoding and dtype. NULL: there is none.
const gradmq_form_t *gradmq_form_named (const char *name);
const gradmq_form_t *gradmq_form_of (uint32_t encoding, uint32_t dtype);

//  True where that is how the model itself is held.
bool gradmq_form_native (const gradmq_form_t *self, const gradmq_layout_t *layout);

//  Bytes of one tensor, and of a whole model, in this form. A layout's always fit.
uint64_t gradmq_form_tensor_bytes (const gradmq_form_t *self, const gradmq_tensor_t *tensor);
uint64_t gradmq_form_bytes (const gradmq_form_t *self, const gradmq_layout_t *layout);

//  The last byte at or before `at` where a frame may end (rule W-12): `at` <= bytes of the model.
uint64_t gradmq_form_cut (const gradmq_form_t *self, const gradmq_layout_t *layout, uint64_t at);

#endif
