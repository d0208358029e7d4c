#include "cli/verb/operation.h"

void
gradmq_verb_print_operation (gradmq_cli_t *cli, const gradmq_operation_t *operation)
{
    if (!cli->json)
        return;
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "operation", operation->operation);
    gradmq_printer_text (&printer, "name", operation->name);
    gradmq_printer_flag (&printer, "done", operation->done);
    gradmq_printer_text (&printer, "message", operation->message);
    gradmq_cli_end_answer (&printer);
}
