//  Commands that change the state: start, stop, destroy.

#ifndef GRADMQ_CLI_VERB_STATE_H
#define GRADMQ_CLI_VERB_STATE_H

#include "cli/cli.h"

//  Ask a START, STOP or DESTROY and say what the state is now.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_verb_change_state (gradmq_cli_t *cli,
                                                         gradmq_command_t command,
                                                         gradmq_reason_t *reason);

#endif
