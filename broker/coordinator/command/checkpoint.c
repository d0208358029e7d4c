#include "coordinator/checkpoints.h"
#include "coordinator/command.h"

gradmq_err_t
gradmq_command_checkpoint (gradmq_exchange_t *exchange)
{
    gradmq_err_t err = gradmq_checkpoints_begin (exchange->engine, exchange->reason);
    if (err)
        return err;
    exchange->reply->answer = GRADMQ_ANSWER_OPERATION;
    gradmq_checkpoints_operation (exchange->engine, &exchange->reply->operation);
    return GRADMQ_OK;
}
