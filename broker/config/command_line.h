//  gradmqd's command line: switch.def.

#ifndef GRADMQ_CONFIG_COMMAND_LINE_H
#define GRADMQ_CONFIG_COMMAND_LINE_H

#include "config/config.h"

#define GRADMQ_SETS_MAX 256u

typedef enum {
#define X(name, letter, word, argument, help) GRADMQ_SWITCH_##name,
#include "config/switch.def"
#undef X
    GRADMQ_SWITCHES,
    GRADMQ_SWITCH_NONE = GRADMQ_SWITCHES
} gradmq_switch_t;

//  One row of the table, for those who go over all switches.
typedef struct {
    char letter;       //  0: none
    const char *word;  //  without the dashes
    const char *argument;
    const char *help;
} gradmq_switch_row_t;

//  GRADMQ_SWITCHES rows, in the order of gradmq_switch_t.
extern const gradmq_switch_row_t gradmq_switch_table [];

typedef enum {
#define X(name, status, help) GRADMQ_EXIT_##name = status,
#include "config/exit.def"
#undef X
} gradmq_exit_t;

//  What was asked for. Texts are borrowed from the arguments.
typedef struct {
    gradmq_switch_t action;  //  CHECK, PRINT_*, HELP or VERSION; NONE: run
    const char *file;        //  NULL: none
    const char *sets [GRADMQ_SETS_MAX];
    size_t set_count;
} gradmq_command_line_t;

//  Read the arguments behind the program's name. HELP and VERSION win over everything else.
//    errors  USAGE, with the argument and what it can be
GRADMQ_MUST_CHECK gradmq_err_t gradmq_command_line_read (gradmq_command_line_t *self, int argc,
                                                         char *const *argv,
                                                         gradmq_reason_t *reason);

//  The configuration that they make: defaults, then the file, then each --set, checked as a whole.
//    errors  CONFIG, IO, USAGE (a --set without =), MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_command_line_configure (const gradmq_command_line_t *self,
                                                              gradmq_config_t *config,
                                                              gradmq_reason_t *reason);

#endif
