#include "cli/verb/operation.h"

#include <time.h>

enum { LOOK_MS = 50 };

static void
s_pause (void)
{
    nanosleep (&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

//  The operation of this number as Status tells it; NULL: it is no longer told.
static const gradmq_operation_t *
s_find (const gradmq_reply_t *reply, uint64_t number)
{
    for (size_t i = 0; i < reply->status.operation_count; i++)
        if (reply->status.operations [i].operation == number)
            return &reply->status.operations [i];
    return NULL;
}

//  Ask until it is done.
static gradmq_err_t
s_wait (gradmq_cli_t *cli, uint64_t number, const gradmq_operation_t **done,
        gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    for (;;) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
        gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
        if (err)
            return err;
        *done = s_find (reply, number);
        if (!*done)
            return gradmq_refuse (reason, GRADMQ_ERR_STATE,
                                  "another checkpoint was begun since; see gradmq status");
        if ((*done)->done)
            return GRADMQ_OK;
        s_pause ();
    }
}

//  Begin one, behind the one that is being written.
static gradmq_err_t
s_begin (gradmq_cli_t *cli, uint64_t *number, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    for (;;) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_CHECKPOINT};
        gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
        if (err != GRADMQ_ERR_STATE) {
            *number = err ? 0 : reply->operation.operation;
            return err;
        }
        s_pause ();
    }
}

gradmq_err_t
gradmq_verb_checkpoint (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    uint64_t number;
    const gradmq_operation_t *done;
    gradmq_err_t err = s_begin (cli, &number, reason);
    if (!err)
        err = s_wait (cli, number, &done, reason);
    if (err)
        return err;
    if (done->code)
        return gradmq_refuse (reason, (gradmq_err_t) done->code, "%s", done->message);
    gradmq_cli_say (cli, "%s", done->message);
    gradmq_verb_print_operation (cli, done);
    return GRADMQ_OK;
}
