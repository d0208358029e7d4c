#include "coordinator/command.h"

gradmq_err_t
gradmq_command_reset (gradmq_exchange_t *exchange)
{
    exchange->reply->answer = GRADMQ_ANSWER_CLEARED;
    return gradmq_engine_reset (exchange->engine, &exchange->reply->cleared, exchange->reason);
}
