#include "coordinator/ack.h"

gradmq_err_t
gradmq_command_add_model_parameters (gradmq_exchange_t *exchange)
{
    const gradmq_gradient_t *gradient = exchange->request->gradient;
    if (gradient && gradient->kind != GRADMQ_KIND_DELTA
        && gradient->kind != GRADMQ_KIND_MODEL_PARAMETERS)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_ARGUMENT,
                              "kind %s is not a model's parameters; use AddGradients",
                              gradmq_kind_name (gradient->kind));
    return gradmq_exchange_add (exchange);
}
