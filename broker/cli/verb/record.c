#include "cli/verb/operation.h"

static gradmq_err_t
s_check (const gradmq_args_t *args, gradmq_reason_t *reason)
{
    bool stop = gradmq_args_has (args, GRADMQ_OPT_STOP);
    if (stop != (args->word_count > 0))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                          "record takes the name of a new file, or --stop to end the recording");
}

gradmq_err_t
gradmq_verb_record (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    const char *name = gradmq_args_word (cli->args, 0);
    gradmq_request_t request = {
        .command = GRADMQ_COMMAND_RECORD, .recording = name, .end_recording = !name};
    gradmq_err_t err = s_check (cli->args, reason);
    if (!err)
        err = gradmq_cli_ask (cli, &request, &reply, reason);
    if (err)
        return err;
    if (name)
        gradmq_cli_say (cli, "recording %s, from version %llu on", name,
                        (unsigned long long) reply->position.version);
    else
        gradmq_cli_say (cli, "%s", reply->operation.message ? reply->operation.message : "ended");
    gradmq_verb_print_operation (cli, &reply->operation);
    return GRADMQ_OK;
}
