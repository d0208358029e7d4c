#include "config/document.h"
#include "daemon/daemon.h"

#include <stdlib.h>

//  Do what was asked for instead of running; the status to end with.
static gradmq_exit_t
s_print (gradmq_switch_t action, const gradmq_config_t *config)
{
    switch (action) {
        case GRADMQ_SWITCH_HELP:
            gradmq_document_help (stdout);
            break;
        case GRADMQ_SWITCH_VERSION:
            puts ("gradmqd " GRADMQ_VERSION);
            break;
        case GRADMQ_SWITCH_PRINT_EXAMPLE:
            gradmq_document_example (stdout);
            break;
        case GRADMQ_SWITCH_PRINT_MAN:
            gradmq_document_man (stdout);
            break;
        case GRADMQ_SWITCH_PRINT_CONFIG:
            gradmq_document_config (stdout, config);
            break;
        case GRADMQ_SWITCH_CHECK:
            puts ("the configuration is right");
            break;
        default:
            return GRADMQ_EXIT_FAILURE;
    }
    return fflush (stdout) || ferror (stdout) ? GRADMQ_EXIT_FAILURE : GRADMQ_EXIT_OK;
}

static gradmq_exit_t
s_complain (const gradmq_reason_t *why)
{
    fprintf (stderr, "gradmqd: %s\n", gradmq_reason_text (why));
    return GRADMQ_EXIT_USAGE;
}

//  True for what needs no configuration.
static bool
s_needs_none (gradmq_switch_t action)
{
    return action == GRADMQ_SWITCH_HELP || action == GRADMQ_SWITCH_VERSION
           || action == GRADMQ_SWITCH_PRINT_EXAMPLE || action == GRADMQ_SWITCH_PRINT_MAN;
}

static gradmq_exit_t
s_main (int argc, char **argv)
{
    gradmq_command_line_t line;
    gradmq_config_t config;
    gradmq_reason_t why = {0};
    if (gradmq_command_line_read (&line, argc, argv, &why))
        return s_complain (&why);
    if (s_needs_none (line.action))
        return s_print (line.action, NULL);
    if (gradmq_command_line_configure (&line, &config, &why))
        return s_complain (&why);
    if (line.action != GRADMQ_SWITCH_NONE)
        return s_print (line.action, &config);
    return gradmq_daemon_run (&config);
}

int
main (int argc, char **argv)
{
    return (int) s_main (argc, argv);
}
