#include "coordinator/parameters.h"

gradmq_err_t
gradmq_command_get_parameters (gradmq_exchange_t *exchange)
{
    gradmq_exchange_parameters (exchange, NULL, 0);
    return GRADMQ_OK;
}
