#include "known.h"

#include <stdlib.h>

gradmq_err_t
gradmq_known_take (gradmq_known_t *self, const gradmq_description_t *description,
                   gradmq_reason_t *why)
{
    if (self->layout && gradmq_layout_id (self->layout) == description->layout_id)
        return GRADMQ_OK;
    gradmq_layout_t *layout;
    gradmq_err_t err = gradmq_layout_open (&layout, description->tensors, description->tensor_count,
                                           description->layout_dtype, why);
    if (err)
        return err;
    size_t count = gradmq_layout_count (layout);
    gradmq_tensor_info_t *tensors = (gradmq_tensor_info_t *) calloc (count, sizeof *tensors);
    if (tensors == NULL) {
        gradmq_layout_release (&layout);
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        tensors [i] = (gradmq_tensor_info_t){tensor->name, tensor->rank, tensor->shape};
    }
    gradmq_known_free (self);
    self->layout = layout;
    self->tensors = tensors;
    self->info = (gradmq_layout_info_t){tensors, count, gradmq_layout_dtype (layout)->code};
    return GRADMQ_OK;
}

void
gradmq_known_free (gradmq_known_t *self)
{
    gradmq_layout_release (&self->layout);
    free (self->tensors);
    *self = (gradmq_known_t){0};
}
