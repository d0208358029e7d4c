#include "arrival.h"
#include "remote.h"

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

//  Put the numbers where what arrived stands.
static gradmq_err_t
s_decode (gradmq_remote_t *self, const gradmq_model_parameters_t *told, gradmq_arrival_t *arrival,
          gradmq_reason_t *why)
{
    const gradmq_layout_t *layout = self->known.layout;
    uint64_t bytes = self->payload ? gradmq_buffer_bytes (self->payload) : 0;
    gradmq_err_t err =
        gradmq_arrival_look (arrival, layout, told->dtype, told->encoding, bytes, why);
    if (err || !arrival->decoded)
        return err;
    gradmq_buffer_t *numbers = gradmq_buffers_take (self->session.buffers, arrival->bytes);
    if (numbers == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_arrival_decode (arrival, layout, gradmq_buffer_data (self->payload),
                           gradmq_buffer_data (numbers));
    gradmq_buffer_release (&self->payload);
    self->payload = numbers;
    return GRADMQ_OK;
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
    gradmq_arrival_t arrival;
    err = s_decode (self, &told, &arrival, why);
    if (err)
        return err;
    *view = (gradmq_parameters_view_t){.data = gradmq_buffer_data (self->payload),
                                       .bytes = arrival.bytes,
                                       .dtype = arrival.dtype->code,
                                       .epoch = position.epoch,
                                       .version = position.version};
    if (layout)
        *layout = &self->known.info;
    self->has_base = true;
    self->base_epoch = position.epoch;
    self->base_version = position.version;
    return GRADMQ_OK;
}
