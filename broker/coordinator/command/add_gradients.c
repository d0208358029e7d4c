#include "coordinator/ack.h"

gradmq_err_t
gradmq_command_add_gradients (gradmq_exchange_t *exchange)
{
    return gradmq_exchange_add (exchange);
}
