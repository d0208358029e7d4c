#include "coordinator/command.h"

gradmq_err_t
gradmq_command_destroy (gradmq_exchange_t *exchange)
{
    exchange->engine->checkpoints.none_at_end = exchange->request->without_checkpoint;
    gradmq_engine_close (exchange->engine);
    exchange->reply->answer = GRADMQ_ANSWER_STATE;
    exchange->reply->state = exchange->engine->state;
    return GRADMQ_OK;
}
