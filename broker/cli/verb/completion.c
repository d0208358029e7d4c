#include "cli/cli.h"
#include "cli/help.h"

gradmq_err_t
gradmq_verb_completion (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *shell = gradmq_args_word (cli->args, 0);
    if (gradmq_completion (cli->out, shell))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                          "there is no completion for \"%.60s\"; it can be: " GRADMQ_SHELLS, shell);
}
