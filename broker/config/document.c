#include "config/document.h"

#include "aggregate/rule.h"
#include "config/command_line.h"
#include "core/zpl.h"
#include "optimize/optimizer.h"
#include "optimize/schedule.h"
#include "settings/group.h"
#include "sync/policy.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { VALUE_BYTES = 1100, RANGE_BYTES = 256 };

//  Words with spaces between as "a, b or c".
static void
s_list_choices (const char *choices, char *text, size_t size)
{
    size_t at = 0;
    for (const char *word = choices; *word && at < size;) {
        size_t length = strcspn (word, " ");
        const char *next = word + length + (word [length] == ' ');
        const char *between = word == choices ? "" : *next ? ", " : " or ";
        at += (size_t) snprintf (text + at, size - at, "%s%.*s", between, (int) length, word);
        word = next;
    }
}

void
gradmq_document_option_range (const gradmq_option_row_t *row, char *text, size_t size)
{
    static const char *const forms [] = {"text", "a name", "endpoints with commas between",
                                         "an address and a port", "a path"};
    if (row->type == GRADMQ_OPTION_FLAG)
        snprintf (text, size, "true or false");
    else if (row->type == GRADMQ_OPTION_COUNT)
        snprintf (text, size, "%" PRIu64 " to %" PRIu64 " %s", row->least, row->most, row->unit);
    else if (row->choices [0])
        s_list_choices (row->choices, text, size);
    else
        snprintf (text, size, "%s", forms [row->form]);
}

#define NAME_OF(kind, index) (gradmq_##kind##_at (index) ? gradmq_##kind##_at (index)->name : NULL)

//  Name number `index` of the table that a setting chooses from; NULL past the last, or without one.
static const char *
s_name (gradmq_setting_id_t id, size_t index)
{
    if (id == GRADMQ_SETTING_optimizer)
        return NAME_OF (optimizer, index);
    if (id == GRADMQ_SETTING_schedule)
        return NAME_OF (schedule, index);
    if (id == GRADMQ_SETTING_policy)
        return NAME_OF (policy, index);
    return id == GRADMQ_SETTING_rule ? NAME_OF (rule, index) : NULL;
}

//  The names in the table that a setting chooses from, spaces between; "" where there is none.
static void
s_names (gradmq_setting_id_t id, char *names, size_t size)
{
    names [0] = 0;
    for (size_t i = 0;; i++) {
        const char *name = s_name (id, i);
        if (!name)
            return;
        size_t at = strlen (names);
        snprintf (names + at, size - at, "%s%s", at ? " " : "", name);
    }
}

void
gradmq_document_setting_range (const gradmq_setting_row_t *row, char *text, size_t size)
{
    char names [RANGE_BYTES];
    s_names (gradmq_setting_id (row), names, sizeof names);
    if (row->type == GRADMQ_SETTING_FLAG)
        snprintf (text, size, "true or false");
    else if (row->type != GRADMQ_SETTING_TEXT)
        snprintf (text, size, "%.15g to %.15g%s%s", row->least, row->most, row->unit [0] ? " " : "",
                  row->unit);
    else if (row->choices [0] || names [0])
        s_list_choices (row->choices [0] ? row->choices : names, text, size);
    else
        snprintf (text, size, "names with commas between");
}

void
gradmq_document_setting_default (const gradmq_setting_row_t *row, char *text, size_t size)
{
    gradmq_settings_t settings;
    gradmq_settings_init (&settings);
    gradmq_settings_format (&settings, gradmq_setting_id (row), text, size);
    if (row->type == GRADMQ_SETTING_REAL && isnan (row->real))
        snprintf (text, size, "the optimizer's own");
    else if (!text [0])
        snprintf (text, size, "empty");
}

//  Start the section that `path` is in, unless the one before was in it too. Returns the key.
static const char *
s_enter_section (FILE *to, const char *path, const char *before, const char *space)
{
    const char *slash = strrchr (path, '/');
    if (!slash)
        return path;
    size_t length = (size_t) (slash - path);
    if (!before || strncmp (before, path, length + 1) != 0)
        fprintf (to, "%s%.*s\n", space, (int) length, path);
    return slash + 1;
}

static void
s_write_value (FILE *to, const char *indent, const char *key, const char *value, bool bare)
{
    char quoted [GRADMQ_GROUPS_TEXT_BYTES + 2];
    if (bare)
        fprintf (to, "%s%s =%s%s\n", indent, key, value [0] ? " " : "", value);
    else if (gradmq_zpl_quote (quoted, value))
        fprintf (to, "%s%s = %s\n", indent, key, quoted);
    else
        fprintf (to, "%s#   %s has both kinds of quotes and cannot stand in a file\n", indent, key);
}

static void
s_write_options (FILE *to, const gradmq_config_t *config, bool comments)
{
    const char *before = NULL;
    for (gradmq_option_id_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const gradmq_option_row_t *row = &gradmq_option_table [i];
        char value [VALUE_BYTES], range [RANGE_BYTES];
        const char *indent = strchr (row->path, '/') ? "    " : "";
        const char *key = s_enter_section (to, row->path, before, comments ? "\n" : "");
        before = row->path;
        gradmq_document_option_range (row, range, sizeof range);
        if (comments)
            fprintf (to, "%s#   %s (%s)\n", indent, row->help, range);
        gradmq_config_format (config, i, value, sizeof value);
        s_write_value (to, indent, key, value, row->type != GRADMQ_OPTION_TEXT);
    }
}

void
gradmq_document_config (FILE *to, const gradmq_config_t *config)
{
    char value [GRADMQ_GROUPS_TEXT_BYTES];
    s_write_options (to, config, false);
    fputs ("settings\n", to);
    for (gradmq_setting_id_t i = 0; i < GRADMQ_SETTINGS; i++) {
        gradmq_settings_format (&config->settings, i, value, sizeof value);
        if (config->settings.given [i])
            s_write_value (to, "    ", gradmq_setting_table [i].name, value,
                           gradmq_setting_table [i].type != GRADMQ_SETTING_TEXT);
    }
    if (!config->settings.groups_given)
        return;
    gradmq_groups_format (&config->settings, value, sizeof value);
    s_write_value (to, "    ", "groups", value, false);
}

void
gradmq_document_example (FILE *to)
{
    gradmq_config_t config;
    gradmq_config_init (&config);
    fputs ("#   Configuration of gradmqd, with the default of every option. gradmqd(8) says more.\n"
           "#   Indent by four spaces; # begins a comment; a value with a # in it needs quotes.\n"
           "#   `gradmqd -c FILE --check` says what is wrong with a file, and in which line.\n\n",
           to);
    s_write_options (to, &config, true);
    fputs (
        "\n#   How gradients become parameters, until a client changes it. Take away the # of a\n"
        "#   line to give that setting; those that the optimizer does not read are refused.\n"
        "settings\n",
        to);
    for (gradmq_setting_id_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char value [GRADMQ_SETTING_TEXT_BYTES], range [RANGE_BYTES];
        bool own = row->type == GRADMQ_SETTING_REAL && isnan (row->real);
        gradmq_document_setting_range (row, range, sizeof range);
        gradmq_settings_format (&config.settings, i, value, sizeof value);
        fprintf (to, "    #   %s (%s%s)\n", row->help, range,
                 own ? "; default: the optimizer's own" : "");
        s_write_value (to, "    #", row->name, value, row->type != GRADMQ_SETTING_TEXT);
    }
    fputs ("    #   tensors by the pattern of their names, the first match wins\n"
           "    #groups = \"*.bias weight_decay=0; embed.* rate_scale=0.1; head.* frozen\"\n",
           to);
}

//  One row of the help: a name, then words, which go on in the next line where they are long.
static void
s_help_row (FILE *to, const char *name, const char *words, const char *range, const char *value)
{
    fprintf (to, "  %-27s %s\n", name, words);
    if (range)
        fprintf (to, "  %-27s %s; %s\n", "", range, value);
}

static void
s_help_switches (FILE *to)
{
    for (size_t i = 0; i < GRADMQ_SWITCHES; i++) {
        const gradmq_switch_row_t *row = &gradmq_switch_table [i];
        char name [64];
        snprintf (name, sizeof name, "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
                  row->letter ? row->letter : ' ', row->letter ? "," : " ", row->word,
                  row->argument [0] ? " " : "", row->argument);
        s_help_row (to, name, row->help, NULL, NULL);
    }
}

static void
s_help_options (FILE *to)
{
    gradmq_config_t config;
    gradmq_config_init (&config);
    for (gradmq_option_id_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const gradmq_option_row_t *row = &gradmq_option_table [i];
        char value [VALUE_BYTES], range [RANGE_BYTES];
        gradmq_config_format (&config, i, value, sizeof value);
        gradmq_document_option_range (row, range, sizeof range);
        s_help_row (to, row->path, row->help, range, value [0] ? value : "empty");
    }
}

static void
s_help_settings (FILE *to)
{
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char name [64], value [GRADMQ_SETTING_TEXT_BYTES], range [RANGE_BYTES];
        snprintf (name, sizeof name, "settings/%s", row->name);
        gradmq_document_setting_range (row, range, sizeof range);
        gradmq_document_setting_default (row, value, sizeof value);
        s_help_row (to, name, row->help, range, value);
    }
    s_help_row (to, "settings/groups", "tensors by the pattern of their names",
                "PATTERN rate_scale=X weight_decay=X l2=X frozen; ...", "none");
}

void
gradmq_document_help (FILE *to)
{
    fputs ("Usage: gradmqd [-c FILE] [--set KEY=VALUE ...]\n"
           "Run a GradMQ coordinator: a message broker that owns a model's parameters.\n\n",
           to);
    s_help_switches (to);
    fputs ("\nOptions, in a file and for --set: what each is for, its values; its default\n\n", to);
    s_help_options (to);
    fputs ("\nSettings, which clients can change while it runs\n\n", to);
    s_help_settings (to);
    fputs ("\nExit status\n\n", to);
#define X(name, status, words) s_help_row (to, #status, words, NULL, NULL);
#include "config/exit.def"
#undef X
}
