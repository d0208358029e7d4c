#include "cli/cli.h"
#include "cli/text.h"
#include "cli/verb/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//  Ask the person at the terminal.
static gradmq_err_t
s_confirm (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    if (!isatty (STDIN_FILENO) || !isatty (fileno (cli->err)))
        return gradmq_refuse (
            reason, GRADMQ_ERR_USAGE,
            "destroy ends the coordinator and there is nobody to ask; give --yes");
    uint64_t instance, epoch, version;
    char clean [2 * GRADMQ_NAME_BYTES_MAX], *line = NULL;
    size_t space = 0;
    gradmq_remote_position (cli->remote, &instance, &epoch, &version);
    gradmq_text_clean (clean, sizeof clean, gradmq_remote_model (cli->remote));
    fprintf (cli->err, "End the coordinator of model %s (version %" PRIu64 ")? [y/N] ", clean,
             version);
    fflush (cli->err);
    bool agreed = getline (&line, &space, stdin) > 0
                  && (strcmp (line, "y\n") == 0 || strcmp (line, "yes\n") == 0);
    free (line);
    if (agreed)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_CANCELLED, "cancelled; nothing was done");
}

gradmq_err_t
gradmq_verb_destroy (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    bool agreed = gradmq_args_has (cli->args, GRADMQ_OPT_YES);
    if (!agreed && !isatty (STDIN_FILENO))
        return s_confirm (cli, reason);
    err = gradmq_cli_connect (cli, reason);
    if (!err && !agreed)
        err = s_confirm (cli, reason);
    return err ? err : gradmq_verb_change_state (cli, GRADMQ_COMMAND_DESTROY, reason);
}
