//  The model's layout as it was last described, in the library's form and in the public one.

#ifndef GRADMQ_CLIENT_KNOWN_H
#define GRADMQ_CLIENT_KNOWN_H

#include "gradmq.h"
#include "wire/message.h"

//  All zero: none is known.
typedef struct {
    gradmq_layout_t *layout;
    gradmq_tensor_info_t *tensors;
    gradmq_layout_info_t info;
} gradmq_known_t;

//  Take over the layout of a description, where it is another one.
//    errors  those of gradmq_layout_open, MEMORY; what was known stays
GRADMQ_MUST_CHECK gradmq_err_t gradmq_known_take (gradmq_known_t *self,
                                                  const gradmq_description_t *description,
                                                  gradmq_reason_t *why);

void gradmq_known_free (gradmq_known_t *self);

#endif
