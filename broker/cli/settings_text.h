//  Settings as tables and as JSON: those of this program (setting.def) and those in force.

#ifndef GRADMQ_CLI_SETTINGS_TEXT_H
#define GRADMQ_CLI_SETTINGS_TEXT_H

#include "cli/printer.h"
#include "settings/settings.h"

#include <stdio.h>

//  The table of settings: name, type or choices, range, unit, default, meaning.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_table_print (FILE *to, gradmq_reason_t *reason);

//  The same as a list of objects. Cannot fail.
gradmq_err_t gradmq_settings_table_json (FILE *to);

//  Which settings are meant: all when there are no names. "groups" is one.
typedef struct {
    const char *const *names;
    size_t count;
} gradmq_settings_choice_t;

//  The settings in force: name, value, unit, whether somebody gave it, meaning.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_print (FILE *to, const gradmq_settings_t *settings,
                                                      const gradmq_settings_choice_t *choice,
                                                      gradmq_reason_t *reason);

//  The same as a list called "settings".
void gradmq_settings_json (gradmq_printer_t *printer, const gradmq_settings_t *settings,
                           const gradmq_settings_choice_t *choice);

#endif
