#include "cli/verb/state.h"

#include <inttypes.h>

gradmq_err_t
gradmq_verb_change_state (gradmq_cli_t *cli, gradmq_command_t command, gradmq_reason_t *reason)
{
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = command};
    gradmq_cli_conditions (cli, &request);
    gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
    if (err)
        return err;
    const char *state = gradmq_state_name (reply->state);
    gradmq_cli_say (cli, "model %s is %s at version %" PRIu64, gradmq_remote_model (cli->remote),
                    state, reply->position.version);
    if (!cli->json)
        return GRADMQ_OK;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_text (&printer, "state", state);
    gradmq_cli_end_answer (&printer);
    return GRADMQ_OK;
}
