#include "cli/cli.h"

#include <inttypes.h>

gradmq_err_t
gradmq_verb_reset (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RESET};
    gradmq_cli_conditions (cli, &request);
    gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
    if (err)
        return err;
    gradmq_cli_say (cli, "%" PRIu64 " contribution%s dropped", reply->cleared,
                    reply->cleared == 1 ? "" : "s");
    if (!cli->json)
        return GRADMQ_OK;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "cleared", reply->cleared);
    gradmq_cli_end_answer (&printer);
    return GRADMQ_OK;
}
