#include "cli/settings_text.h"

#include "cli/table.h"
#include "cli/text.h"
#include "settings/group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_HELP "what is different for some tensors"

static const char *
s_type (const gradmq_setting_row_t *row)
{
    static const char *const names [] = {"text", "number", "whole number", "true or false"};
    return row->choices && row->choices [0] ? row->choices : names [row->type];
}

static void
s_cell_range (gradmq_table_t *table, const gradmq_setting_row_t *row)
{
    char least [GRADMQ_TEXT_BYTES], most [GRADMQ_TEXT_BYTES];
    if (row->type == GRADMQ_SETTING_REAL || row->type == GRADMQ_SETTING_COUNT)
        gradmq_table_cell (table, "%s to %s", gradmq_text_exact (least, row->least),
                           gradmq_text_exact (most, row->most));
    else
        gradmq_table_cell (table, "%s", "");
}

static gradmq_err_t
s_out_of_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

gradmq_err_t
gradmq_settings_table_print (FILE *to, gradmq_reason_t *reason)
{
    gradmq_settings_t *defaults = calloc (1, sizeof *defaults);
    gradmq_table_t *table = gradmq_table_new ("llllll");
    gradmq_err_t err = defaults && table ? GRADMQ_OK : s_out_of_memory (reason);
    if (err)
        goto cleanup;
    static const char *const titles [] = {"SETTING", "TYPE", "RANGE", "UNIT", "DEFAULT", "MEANING"};
    gradmq_settings_init (defaults);
    for (size_t i = 0; i < sizeof titles / sizeof titles [0]; i++)
        gradmq_table_cell (table, "%s", titles [i]);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char value [GRADMQ_SETTING_TEXT_BYTES];
        gradmq_settings_format (defaults, gradmq_setting_id (row), value, sizeof value);
        bool depends = row->type == GRADMQ_SETTING_REAL && isnan (row->real);
        gradmq_table_cell (table, "%s", row->name);
        gradmq_table_cell (table, "%s", s_type (row));
        s_cell_range (table, row);
        gradmq_table_cell (table, "%s", row->unit);
        gradmq_table_cell (table, "%s", depends ? "the optimizer's" : value);
        gradmq_table_cell (table, "%s", row->help);
    }
    gradmq_table_print (table, to, 0, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
    free (defaults);
    return err;
}

static void
s_json_default (gradmq_printer_t *printer, const gradmq_setting_row_t *row)
{
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            gradmq_printer_text (printer, "default", row->text);
            break;
        case GRADMQ_SETTING_REAL:
            gradmq_printer_real (printer, "default", row->real);
            break;
        case GRADMQ_SETTING_COUNT:
            gradmq_printer_count (printer, "default", row->count);
            break;
        case GRADMQ_SETTING_FLAG:
            gradmq_printer_flag (printer, "default", row->flag);
            break;
    }
}

gradmq_err_t
gradmq_settings_table_json (FILE *to)
{
    static const char *const types [] = {"text", "real", "count", "flag"};
    gradmq_printer_t printer = gradmq_printer (to);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_open_list (&printer, "settings");
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        bool ranged = row->type == GRADMQ_SETTING_REAL || row->type == GRADMQ_SETTING_COUNT;
        gradmq_printer_open (&printer, NULL);
        gradmq_printer_text (&printer, "name", row->name);
        gradmq_printer_text (&printer, "type", types [row->type]);
        gradmq_printer_text (&printer, "choices", row->choices ? row->choices : "");
        gradmq_printer_real (&printer, "least", ranged ? row->least : (double) NAN);
        gradmq_printer_real (&printer, "most", ranged ? row->most : (double) NAN);
        gradmq_printer_text (&printer, "unit", row->unit);
        s_json_default (&printer, row);
        gradmq_printer_text (&printer, "help", row->help);
        gradmq_printer_close (&printer);
    }
    gradmq_printer_close_list (&printer);
    gradmq_printer_close (&printer);
    gradmq_printer_end (&printer);
    return GRADMQ_OK;
}

static bool
s_chosen (const gradmq_settings_choice_t *choice, const char *name)
{
    for (size_t i = 0; i < choice->count; i++)
        if (strcmp (choice->names [i], name) == 0)
            return true;
    return choice->count == 0;
}

static void
s_row (gradmq_table_t *table, const char *name, const char *value, const char *unit, bool given,
       const char *help)
{
    gradmq_table_cell (table, "%s", name);
    gradmq_table_cell (table, "%s", value [0] ? value : "-");
    gradmq_table_cell (table, "%s", unit);
    gradmq_table_cell (table, "%s", given ? "given" : "default");
    gradmq_table_cell (table, "%s", help);
}

gradmq_err_t
gradmq_settings_print (FILE *to, const gradmq_settings_t *settings,
                       const gradmq_settings_choice_t *choice, gradmq_reason_t *reason)
{
    static const char *const titles [] = {"SETTING", "VALUE", "UNIT", "FROM", "MEANING"};
    char *groups = malloc (GRADMQ_GROUPS_TEXT_BYTES);
    gradmq_table_t *table = gradmq_table_new ("lllll");
    gradmq_err_t err = groups && table ? GRADMQ_OK : s_out_of_memory (reason);
    if (err)
        goto cleanup;
    for (size_t i = 0; i < sizeof titles / sizeof titles [0]; i++)
        gradmq_table_cell (table, "%s", titles [i]);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char value [GRADMQ_SETTING_TEXT_BYTES];
        if (!s_chosen (choice, row->name))
            continue;
        gradmq_settings_format (settings, gradmq_setting_id (row), value, sizeof value);
        s_row (table, row->name, value, row->unit, settings->given [i], row->help);
    }
    gradmq_groups_format (settings, groups, GRADMQ_GROUPS_TEXT_BYTES);
    if (s_chosen (choice, "groups"))
        s_row (table, "groups", groups, "", settings->groups_given, GROUPS_HELP);
    gradmq_table_print (table, to, 0, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
    free (groups);
    return err;
}

static void
s_json_value (gradmq_printer_t *printer, const gradmq_settings_t *settings,
              const gradmq_setting_row_t *row)
{
    const void *value = (const char *) settings + row->offset;
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            gradmq_printer_text (printer, "value", value);
            break;
        case GRADMQ_SETTING_REAL:
            gradmq_printer_real (printer, "value", *(const double *) value);
            break;
        case GRADMQ_SETTING_COUNT:
            gradmq_printer_count (printer, "value", *(const uint64_t *) value);
            break;
        case GRADMQ_SETTING_FLAG:
            gradmq_printer_flag (printer, "value", *(const bool *) value);
            break;
    }
}

static void
s_json_groups (gradmq_printer_t *printer, const gradmq_settings_t *settings)
{
    char *groups = malloc (GRADMQ_GROUPS_TEXT_BYTES);
    if (groups)
        gradmq_groups_format (settings, groups, GRADMQ_GROUPS_TEXT_BYTES);
    gradmq_printer_open (printer, NULL);
    gradmq_printer_text (printer, "name", "groups");
    gradmq_printer_text (printer, "value", groups);
    gradmq_printer_flag (printer, "given", settings->groups_given);
    gradmq_printer_text (printer, "unit", "");
    gradmq_printer_text (printer, "help", GROUPS_HELP);
    gradmq_printer_close (printer);
    free (groups);
}

void
gradmq_settings_json (gradmq_printer_t *printer, const gradmq_settings_t *settings,
                      const gradmq_settings_choice_t *choice)
{
    gradmq_printer_open_list (printer, "settings");
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (!s_chosen (choice, row->name))
            continue;
        gradmq_printer_open (printer, NULL);
        gradmq_printer_text (printer, "name", row->name);
        s_json_value (printer, settings, row);
        gradmq_printer_flag (printer, "given", settings->given [i]);
        gradmq_printer_text (printer, "unit", row->unit);
        gradmq_printer_text (printer, "help", row->help);
        gradmq_printer_close (printer);
    }
    if (s_chosen (choice, "groups"))
        s_json_groups (printer, settings);
    gradmq_printer_close_list (printer);
}
