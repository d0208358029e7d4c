#include "cli/cli.h"
#include "cli/verb/state.h"

gradmq_err_t
gradmq_verb_stop (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    return gradmq_verb_change_state (cli, GRADMQ_COMMAND_STOP, reason);
}
