//  One run of the program, and what every verb needs of it.

#ifndef GRADMQ_CLI_CLI_H
#define GRADMQ_CLI_CLI_H

#include "client.h"
#include "cli/args.h"
#include "cli/printer.h"
#include "cli/exit.h"

#include <stdio.h>

struct gradmq_cli {
    const gradmq_args_t *args;
    FILE *out, *err;
    bool json, quiet;
    bool hushed;              //  what a call waits for is not told: the terminal is drawn on
    const char *control;      //  endpoint in force
    gradmq_remote_t *remote;  //  NULL until gradmq_cli_connect
};

//  Run a command line and return what the program ends with. Answers go to `out`, errors to `err`.
int gradmq_cli_run (int argc, char **argv, FILE *out, FILE *err);

//  Connect to the coordinator that the command line names.
//    errors  CONNECT, TIMEOUT, MODEL, VERSION, ARGUMENT, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_cli_connect (gradmq_cli_t *self, gradmq_reason_t *reason);

//  The same for what moves a model: one call may then take a minute, where --timeout says nothing.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_cli_connect_patiently (gradmq_cli_t *self,
                                                             gradmq_reason_t *reason);

//  Put --if-epoch and --if-version into a request.
void gradmq_cli_conditions (const gradmq_cli_t *self, gradmq_request_t *request);

//  Connect and ask a request without payload.
//    owns    *reply is borrowed, until the next call on the remote
GRADMQ_MUST_CHECK gradmq_err_t gradmq_cli_ask (gradmq_cli_t *self, gradmq_request_t *request,
                                               const gradmq_reply_t **reply,
                                               gradmq_reason_t *reason);

//  A sentence about what was done, unless --quiet or --json.
void gradmq_cli_say (const gradmq_cli_t *self, const char *format, ...) GRADMQ_PRINTF (2, 3);

//  Print a JSON document that the client made.
void gradmq_cli_print (const gradmq_cli_t *self, const char *json);

//  With --json: begin the answer's document with model and position. Nothing is left out of it then
//  but its end: gradmq_cli_end_answer.
gradmq_printer_t gradmq_cli_begin_answer (const gradmq_cli_t *self);
void gradmq_cli_end_answer (gradmq_printer_t *printer);

#endif
