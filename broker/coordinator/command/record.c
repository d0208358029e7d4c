#include "coordinator/command.h"
#include "coordinator/recording.h"

gradmq_err_t
gradmq_command_record (gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    gradmq_engine_t *engine = exchange->engine;
    gradmq_err_t err = request->end_recording
                           ? gradmq_recording_stop (engine, exchange->reason)
                           : gradmq_recording_start (engine, request->recording, exchange->reason);
    if (err)
        return err;
    exchange->reply->answer = GRADMQ_ANSWER_OPERATION;
    gradmq_recording_operation (engine, &exchange->reply->operation);
    return GRADMQ_OK;
}
