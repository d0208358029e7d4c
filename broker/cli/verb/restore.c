#include "cli/verb/operation.h"

gradmq_err_t
gradmq_verb_restore (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RESTORE,
                                .checkpoint = gradmq_args_word (cli->args, 0)};
    gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
    if (err)
        return err;
    gradmq_cli_say (cli, "restored: epoch %llu begins at version %llu",
                    (unsigned long long) reply->position.epoch,
                    (unsigned long long) reply->position.version);
    gradmq_verb_print_operation (cli, &reply->operation);
    return GRADMQ_OK;
}
