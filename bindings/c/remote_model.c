#include "remote.h"

#include "core/size.h"

#include <inttypes.h>
#include <stdlib.h>

gradmq_err_t
gradmq_remote_set_model_parameters (gradmq_remote_t *self, const gradmq_layout_info_t *layout,
                                    uint32_t dtype, const void *data, uint64_t bytes,
                                    gradmq_reason_t *why)
{
    if (layout == NULL || layout->count == 0 || data == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "a layout and its values are needed");
    gradmq_tensor_spec_t *specs = (gradmq_tensor_spec_t *) calloc (layout->count, sizeof *specs);
    if (specs == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < layout->count; i++) {
        const gradmq_tensor_info_t *tensor = &layout->tensors [i];
        specs [i] = (gradmq_tensor_spec_t){tensor->name, tensor->rank, tensor->shape};
    }
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                .tensors = specs,
                                .tensor_count = layout->count,
                                .layout_dtype = layout->dtype,
                                .dtype = dtype,
                                .has_bytes = true,
                                .bytes = bytes};
    gradmq_err_t err = gradmq_remote_call (self, &request, data, bytes, NULL, why);
    free (specs);
    return err;
}

gradmq_err_t
gradmq_remote_know_layout (gradmq_remote_t *self, uint64_t layout_id, gradmq_reason_t *why)
{
    if (self->known.layout && gradmq_layout_id (self->known.layout) == layout_id)
        return GRADMQ_OK;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_DESCRIPTION, why);
    if (!err && self->reply.description.tensor_count == 0)
        err = gradmq_refuse (why, GRADMQ_ERR_NO_MODEL, "no model is loaded into %s",
                             self->session.model);
    if (!err)
        err = gradmq_known_take (&self->known, &self->reply.description, why);
    if (!err && layout_id && gradmq_layout_id (self->known.layout) != layout_id)
        err = gradmq_refuse (why, GRADMQ_ERR_LAYOUT, "the model is being replaced; ask again");
    return err;
}

gradmq_err_t
gradmq_remote_get_model_parameters (gradmq_remote_t *self, const char *stream,
                                    gradmq_parameters_view_t *view,
                                    const gradmq_layout_info_t **layout, gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = stream};
    gradmq_err_t err =
        gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_MODEL_PARAMETERS, why);
    if (err)
        return err;
    const gradmq_model_parameters_t told = self->reply.model_parameters;
    const gradmq_position_t position = self->reply.position;
    gradmq_buffer_t *payload = self->payload;
    self->payload = NULL;
    err = gradmq_remote_know_layout (self, told.layout_id, why);
    gradmq_buffer_release (&self->payload);
    self->payload = payload;
    if (err)
        return err;
    const gradmq_dtype_t *dtype =
        told.dtype ? gradmq_dtype (told.dtype) : gradmq_layout_dtype (self->known.layout);
    if (dtype == NULL || (told.encoding && told.encoding != GRADMQ_ENCODING_DENSE))
        return gradmq_refuse (why, GRADMQ_ERR_UNSUPPORTED,
                              "this library does not read dtype %u in encoding %u", told.dtype,
                              told.encoding);
    uint64_t bytes;
    if (payload == NULL
        || !gradmq_size_mul (gradmq_layout_elements (self->known.layout), dtype->size, &bytes)
        || bytes != gradmq_buffer_bytes (payload))
        return gradmq_refuse (why, GRADMQ_ERR_LENGTH,
                              "the parameters came with %" PRIu64
                              " bytes, which is not what %" PRIu64 " elements of %s have",
                              payload ? gradmq_buffer_bytes (payload) : 0,
                              gradmq_layout_elements (self->known.layout), dtype->name);
    *view = (gradmq_parameters_view_t){.data = gradmq_buffer_data (payload),
                                       .bytes = bytes,
                                       .dtype = dtype->code,
                                       .epoch = position.epoch,
                                       .version = position.version};
    if (layout)
        *layout = &self->known.info;
    self->has_base = true;
    self->base_epoch = position.epoch;
    self->base_version = position.version;
    return GRADMQ_OK;
}
