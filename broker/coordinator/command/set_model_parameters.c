#include "coordinator/command.h"

static gradmq_err_t
s_load (gradmq_exchange_t *exchange, gradmq_layout_t *layout)
{
    const gradmq_request_t *request = exchange->request;
    const gradmq_payload_t *payload = &(*exchange->payload)->gradient.payload;
    const gradmq_dtype_t *dtype =
        request->dtype ? gradmq_dtype (request->dtype) : gradmq_layout_dtype (layout);
    if (!dtype)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_UNSUPPORTED, "dtype %u is not known",
                              request->dtype);
    if (request->has_bytes && request->bytes != payload->bytes)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_LENGTH,
                              "the payload has %llu bytes and the header says %llu",
                              (unsigned long long) payload->bytes,
                              (unsigned long long) request->bytes);
    return gradmq_engine_load (exchange->engine, layout, dtype, payload, exchange->reason);
}

gradmq_err_t
gradmq_command_set_model_parameters (gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    gradmq_layout_t *layout;
    gradmq_err_t err = gradmq_layout_open (
        &layout, request->tensors, request->tensor_count,
        request->layout_dtype ? request->layout_dtype : GRADMQ_DTYPE_F32, exchange->reason);
    if (err)
        return err;
    err = s_load (exchange, layout);
    if (!err) {
        exchange->reply->answer = GRADMQ_ANSWER_LOADED;
        exchange->reply->loaded = (gradmq_loaded_t){.layout_id = gradmq_layout_id (layout),
                                                    .elements = gradmq_layout_elements (layout)};
    }
    gradmq_layout_release (&layout);
    return err;
}
