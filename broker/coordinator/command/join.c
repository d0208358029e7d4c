#include "coordinator/ack.h"

#include "core/log.h"
#include "core/name.h"

#include <inttypes.h>

static void
s_tell (gradmq_exchange_t *exchange, const gradmq_joined_member_t *joined)
{
    gradmq_engine_t *engine = exchange->engine;
    gradmq_notice_args_t args = {.member = joined->member, .to_all = true};
    if (joined->fenced) {
        gradmq_member_t fenced = *joined->member;
        fenced.incarnation = joined->fenced;
        args.notice = GRADMQ_NOTICE_FENCED;
        args.message = "a newer incarnation of this worker has joined";
        args.member = &fenced;
        gradmq_publisher_notice (exchange->publisher, engine, &args);
        args.member = joined->member;
    }
    args.notice = GRADMQ_NOTICE_JOINED;
    args.message = "joined";
    gradmq_publisher_notice (exchange->publisher, engine, &args);
    gradmq_count (&engine->counters, GRADMQ_COUNTER_joins, 1);
    gradmq_log (GRADMQ_LOG_INFO, "worker %s joined, incarnation %" PRIu64, joined->member->name,
                joined->member->incarnation);
}

gradmq_err_t
gradmq_command_join (gradmq_exchange_t *exchange)
{
    gradmq_engine_t *engine = exchange->engine;
    const gradmq_request_t *request = exchange->request;
    gradmq_reply_t *reply = exchange->reply;
    if (engine->state == GRADMQ_STATE_CLOSING)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
    if (!gradmq_name_valid (request->worker))
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_NAME, "a worker needs a name to join");
    //  A member that is fenced may have news, which are about its old incarnation.
    gradmq_publisher_acks (exchange->publisher, engine, false);
    gradmq_joined_member_t joined;
    gradmq_err_t err = gradmq_members_join (engine->members, request->worker, request->incarnation,
                                            request->low_water, gradmq_clock_ms (&engine->clock),
                                            gradmq_clock_unix_us (&engine->clock),
                                            engine->settings.lease_ms, &joined, exchange->reason);
    if (err)
        return err;
    if (!joined.is_new) {
        uint64_t lost = gradmq_window_low_water (&joined.member->window, request->low_water);
        gradmq_count (&engine->counters, GRADMQ_COUNTER_lost, lost);
    }
    gradmq_engine_joined (engine, &joined);
    if (joined.is_new || joined.returned)
        s_tell (exchange, &joined);
    reply->answer = GRADMQ_ANSWER_JOINED;
    gradmq_layout_t *layout = gradmq_model_layout (engine->model);
    reply->joined = (gradmq_joined_t){
        .incarnation = joined.member->incarnation,
        .layout_id = layout ? gradmq_layout_id (layout) : 0,
        .start_clock = joined.member->progress.clock,
        .round = engine->sync.round,
        .lease_ms = engine->settings.lease_ms,
    };
    return gradmq_exchange_ack (exchange, joined.member, &reply->joined.ack);
}
