//  Printing an operation that was begun, as JSON.

#ifndef GRADMQ_CLI_VERB_OPERATION_H
#define GRADMQ_CLI_VERB_OPERATION_H

#include "cli/cli.h"

//  Nothing unless JSON is asked for.
void gradmq_verb_print_operation (gradmq_cli_t *cli, const gradmq_operation_t *operation);

#endif
