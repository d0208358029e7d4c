#include "coordinator/command.h"

gradmq_err_t
gradmq_command_stop (gradmq_exchange_t *exchange)
{
    gradmq_err_t err = gradmq_engine_stop (exchange->engine, exchange->reason);
    exchange->reply->answer = GRADMQ_ANSWER_STATE;
    exchange->reply->state = exchange->engine->state;
    return err;
}
