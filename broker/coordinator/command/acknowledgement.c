#include "coordinator/ack.h"

#include "core/name.h"

gradmq_err_t
gradmq_command_acknowledgement (gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    if (!gradmq_name_valid (request->worker))
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_NAME, "the worker's name is missing");
    gradmq_member_t *member;
    gradmq_err_t err = gradmq_members_recall (exchange->engine->members, request->worker,
                                              request->incarnation, &member, exchange->reason);
    if (err)
        return err;
    gradmq_window_sent (&member->window, request->sent_through);
    exchange->reply->answer = GRADMQ_ANSWER_ACKNOWLEDGEMENT;
    return gradmq_exchange_ack (exchange, member, &exchange->reply->ack);
}
