#include "cli/cli.h"

#define PROTOCOL "1.0"

gradmq_err_t
gradmq_verb_version (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    (void) reason;
    if (!cli->json) {
        fprintf (cli->out, "gradmq %s, protocol %s\n", gradmq_version (), PROTOCOL);
        return GRADMQ_OK;
    }
    gradmq_printer_t printer = gradmq_printer (cli->out);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_text (&printer, "product", "gradmq");
    gradmq_printer_text (&printer, "version", gradmq_version ());
    gradmq_printer_text (&printer, "protocol", PROTOCOL);
    gradmq_cli_end_answer (&printer);
    return GRADMQ_OK;
}
