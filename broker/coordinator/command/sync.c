#include "coordinator/command.h"

gradmq_err_t
gradmq_command_sync (gradmq_exchange_t *exchange)
{
    if (exchange->request->nonce == 0)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_ARGUMENT, "a nonce is not 0");
    gradmq_publisher_sync (exchange->publisher, exchange->engine, exchange->request->nonce);
    return GRADMQ_OK;
}
