#include "coordinator/ack.h"

#include "coordinator/journal.h"

#include <string.h>

gradmq_err_t
gradmq_exchange_ack (gradmq_exchange_t *exchange, const gradmq_member_t *member, gradmq_ack_t *ack)
{
    gradmq_range_t *missing =
        gradmq_exchange_alloc (exchange, GRADMQ_MISSING_RANGES_TOLD_MAX, sizeof *missing);
    if (!missing)
        return GRADMQ_ERR_MEMORY;
    gradmq_engine_ack (exchange->engine, member, missing, ack);
    return GRADMQ_OK;
}

//  Move what was decoded from the request into the entry that holds its frames.
static gradmq_entry_t *
s_entry (gradmq_exchange_t *exchange)
{
    gradmq_entry_t *entry = *exchange->payload;
    gradmq_payload_t payload = entry->gradient.payload;
    entry->gradient = *exchange->request->gradient;
    entry->gradient.payload = payload;
    gradmq_gradient_init (exchange->request->gradient);
    return entry;
}

static gradmq_err_t
s_admit (gradmq_exchange_t *exchange, gradmq_err_t fault)
{
    gradmq_engine_t *engine = exchange->engine;
    gradmq_gradient_t *gradient = &s_entry (exchange)->gradient;
    char worker [GRADMQ_NAME_BYTES_MAX + 1];
    snprintf (worker, sizeof worker, "%s", gradient->worker);
    uint64_t incarnation = gradient->incarnation;
    gradmq_admission_t admission =
        gradmq_engine_admit (engine, exchange->payload, fault, exchange->reason);
    switch (admission) {
        case GRADMQ_ADMIT_QUEUED:
        case GRADMQ_ADMIT_DUPLICATE:
            break;
        case GRADMQ_ADMIT_AWAY:
        case GRADMQ_ADMIT_REFUSED:
        case GRADMQ_ADMIT_MALFORMED:
        case GRADMQ_ADMIT_FORBIDDEN:
            return exchange->reason->code;
    }
    //  What it came to is told with the answer where that can be.
    gradmq_engine_run (engine, engine->queue.count);
    gradmq_journal_commit (engine);
    gradmq_publisher_update (exchange->publisher, engine, false);
    gradmq_member_t *member;
    gradmq_err_t err =
        gradmq_members_recall (engine->members, worker, incarnation, &member, exchange->reason);
    if (err)
        return err;
    exchange->reply->added.has_ack = true;
    return gradmq_exchange_ack (exchange, member, &exchange->reply->added.ack);
}

//  A dry run: whose gradient it is, then what is in it; nothing is kept.
static gradmq_err_t
s_check (gradmq_exchange_t *exchange, gradmq_err_t fault)
{
    gradmq_engine_t *engine = exchange->engine;
    gradmq_gradient_t *gradient = &s_entry (exchange)->gradient;
    gradmq_member_t *member;
    if (strcmp (gradient->model, engine->name) != 0)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_MODEL,
                              "this coordinator owns model %s, not %s", engine->name,
                              gradient->model);
    gradmq_err_t err = gradmq_members_find (engine->members, gradient->worker,
                                            gradient->incarnation, &member, exchange->reason);
    if (!err)
        err = fault ? fault : gradmq_engine_check (engine, gradient, exchange->reason);
    return err;
}

gradmq_err_t
gradmq_exchange_add (gradmq_exchange_t *exchange)
{
    exchange->reply->answer = GRADMQ_ANSWER_ADDED;
    exchange->reply->added.has_ack = false;
    if (!exchange->request->gradient)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_ARGUMENT, "there is no gradient in it");
    gradmq_err_t fault = exchange->request->fault;
    if (!fault && exchange->trouble)
        fault = gradmq_refuse (exchange->reason, exchange->trouble,
                               "its payload could not be taken: %s",
                               gradmq_err_text (exchange->trouble));
    return exchange->request->dry_run ? s_check (exchange, fault) : s_admit (exchange, fault);
}
