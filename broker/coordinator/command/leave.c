#include "coordinator/ack.h"

#include "core/name.h"

gradmq_err_t
gradmq_command_leave (gradmq_exchange_t *exchange)
{
    gradmq_engine_t *engine = exchange->engine;
    const gradmq_request_t *request = exchange->request;
    gradmq_reply_t *reply = exchange->reply;
    if (!gradmq_name_valid (request->worker))
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_NAME, "who leaves has to say its name");
    gradmq_member_t *member;
    gradmq_err_t err = gradmq_members_recall (engine->members, request->worker,
                                              request->incarnation, &member, exchange->reason);
    if (err)
        return err;
    reply->answer = GRADMQ_ANSWER_LEFT;
    reply->left = (gradmq_left_t){0};
    //  A member that departs may be forgotten at once: its last news and its answer go first.
    gradmq_publisher_acks (exchange->publisher, engine, false);
    gradmq_member_t *copy = gradmq_exchange_alloc (exchange, 1, sizeof *copy);
    if (!copy)
        return GRADMQ_ERR_MEMORY;
    *copy = *member;
    gradmq_window_sent (&copy->window, request->last_sequence);
    gradmq_engine_leave (engine, member, request->last_sequence, &reply->left.complete);
    return gradmq_exchange_ack (exchange, copy, &reply->left.ack);
}
