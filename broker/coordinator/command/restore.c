#include "coordinator/command.h"
#include "coordinator/restore.h"

gradmq_err_t
gradmq_command_restore (gradmq_exchange_t *exchange)
{
    gradmq_engine_t *engine = exchange->engine;
    const gradmq_request_t *request = exchange->request;
    gradmq_err_t err = gradmq_restore_run (engine, request->checkpoint, exchange->reason);
    if (err)
        return err;
    exchange->reply->answer = GRADMQ_ANSWER_OPERATION;
    exchange->reply->operation =
        (gradmq_operation_t){.operation = ++engine->operations, .name = "restore", .done = true};
    return GRADMQ_OK;
}
