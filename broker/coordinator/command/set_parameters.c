#include "coordinator/parameters.h"

gradmq_err_t
gradmq_command_set_parameters (gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    const char **unset = gradmq_exchange_alloc (exchange, GRADMQ_UNSET_MAX, sizeof *unset);
    gradmq_settings_t *nothing = gradmq_exchange_alloc (exchange, 1, sizeof *nothing);
    if (!unset || !nothing)
        return GRADMQ_ERR_MEMORY;
    gradmq_settings_init (nothing);
    size_t unset_count = 0;
    gradmq_err_t err = gradmq_engine_set_parameters (
        exchange->engine, request->settings ? request->settings : nothing, request->reset,
        request->reset_count, unset, &unset_count, exchange->reason);
    if (!err)
        gradmq_exchange_parameters (exchange, unset, unset_count);
    return err;
}
