#include "coordinator/command.h"

gradmq_err_t
gradmq_command_clear_gradients (gradmq_exchange_t *exchange)
{
    exchange->reply->answer = GRADMQ_ANSWER_CLEARED;
    return gradmq_engine_clear (exchange->engine, exchange->request->new_epoch,
                                &exchange->reply->cleared, exchange->reason);
}
