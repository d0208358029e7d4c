#include "config/command_line.h"

#include <string.h>

const gradmq_switch_row_t gradmq_switch_table [] = {
#define X(name, key, long_word, what, words)                                                       \
    {.letter = key, .word = long_word, .argument = what, .help = words},
#include "config/switch.def"
#undef X
};

//  The switch that `argument` names; *value is what stands behind a = in it, else NULL.
static gradmq_switch_t
s_find (const char *argument, const char **value)
{
    *value = NULL;
    for (gradmq_switch_t i = 0; i < GRADMQ_SWITCHES; i++) {
        const gradmq_switch_row_t *row = &gradmq_switch_table [i];
        size_t length = strlen (row->word);
        if (row->letter && argument [0] == '-' && argument [1] == row->letter && !argument [2])
            return i;
        if (strncmp (argument, "--", 2) != 0 || strncmp (argument + 2, row->word, length) != 0)
            continue;
        const char *behind = argument + 2 + length;
        if (*behind == '=')
            *value = behind + 1;
        if (*behind == '=' || *behind == 0)
            return i;
    }
    return GRADMQ_SWITCH_NONE;
}

static gradmq_err_t
s_take (gradmq_command_line_t *self, gradmq_switch_t which, const char *value,
        gradmq_reason_t *reason)
{
    if (which == GRADMQ_SWITCH_CONFIG) {
        if (self->file)
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--config was given twice");
        self->file = value;
    } else if (which == GRADMQ_SWITCH_SET) {
        if (self->set_count == GRADMQ_SETS_MAX)
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                                  "--set was given more than %u times; write a file",
                                  GRADMQ_SETS_MAX);
        self->sets [self->set_count++] = value;
    } else if (self->action != GRADMQ_SWITCH_HELP
               && (self->action != GRADMQ_SWITCH_VERSION || which == GRADMQ_SWITCH_HELP)) {
        self->action = which;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_command_line_read (gradmq_command_line_t *self, int argc, char *const *argv,
                          gradmq_reason_t *reason)
{
    *self = (gradmq_command_line_t){.action = GRADMQ_SWITCH_NONE};
    for (int i = 1; i < argc; i++) {
        const char *value;
        gradmq_switch_t which = s_find (argv [i], &value);
        if (which == GRADMQ_SWITCH_NONE)
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                                  "\"%.120s\" is not a switch; `gradmqd --help` lists them",
                                  argv [i]);
        const gradmq_switch_row_t *row = &gradmq_switch_table [which];
        if (value && !row->argument [0])
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--%s takes no value", row->word);
        if (row->argument [0] && !value) {
            if (i + 1 == argc)
                return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--%s needs %s behind it",
                                      row->word, row->argument);
            value = argv [++i];
        }
        gradmq_err_t err = s_take (self, which, value, reason);
        if (err)
            return err;
    }
    return GRADMQ_OK;
}

//  One KEY=VALUE into the configuration.
static gradmq_err_t
s_set (gradmq_config_t *config, const char *text, gradmq_reason_t *reason)
{
    char key [80] = "";
    const char *equals = strchr (text, '=');
    if (!equals || equals == text || (size_t) (equals - text) >= sizeof key)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "--set %.120s: it has to be KEY=VALUE, such as log/level=debug",
                              text);
    memcpy (key, text, (size_t) (equals - text));
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_config_set (config, key, equals + 1, &why);
    return err ? gradmq_refuse (reason, err, "--set: %.480s", why.text) : GRADMQ_OK;
}

gradmq_err_t
gradmq_command_line_configure (const gradmq_command_line_t *self, gradmq_config_t *config,
                               gradmq_reason_t *reason)
{
    gradmq_config_init (config);
    gradmq_err_t err = GRADMQ_OK;
    if (self->file)
        err = gradmq_config_load (config, self->file, reason);
    for (size_t i = 0; i < self->set_count && !err; i++)
        err = s_set (config, self->sets [i], reason);
    return err ? err : gradmq_config_check (config, reason);
}
