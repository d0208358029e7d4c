#include "cli/settings_text.h"

#include "cli/cli.h"
#include "cli/suggest.h"
#include "settings/group.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

//  What a command line asks for: settings to look at, or a change.
typedef struct {
    gradmq_settings_t change;
    const char **names;  //  that are looked at or changed
    size_t name_count;
    const char **reset;
    size_t reset_count;
    char *texts;  //  holds what was cut from NAME=VALUE
    bool changes;
} s_wish_t;

static gradmq_err_t
s_check_name (const char *name, gradmq_reason_t *reason)
{
    if (strcmp (name, "groups") == 0 || gradmq_setting_find (name))
        return GRADMQ_OK;
    const char *meant = gradmq_suggest_setting (name);
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "there is no setting \"%.60s\"%s%s%s", name,
                          meant ? "; did you mean \"" : "", meant ? meant : "",
                          meant ? "\"?" : "; `gradmq settings` lists them");
}

//  Name and value cut apart: `word` has been copied.
static gradmq_err_t
s_wish_value (s_wish_t *self, char *word, gradmq_reason_t *reason)
{
    char *value = strchr (word, '=');
    *value++ = 0;
    gradmq_err_t err = s_check_name (word, reason);
    if (err)
        return err;
    self->changes = true;
    self->names [self->name_count++] = word;
    if (strcmp (word, "groups") == 0)
        err = gradmq_groups_parse (&self->change, value, reason);
    else
        err = gradmq_settings_parse (&self->change, word, value, reason);
    //  What this side can tell already is a fault of the command line.
    return err == GRADMQ_ERR_MEMORY || !err ? err : GRADMQ_ERR_USAGE;
}

static gradmq_err_t
s_wish_word (s_wish_t *self, char *word, gradmq_reason_t *reason)
{
    if (strchr (word, '='))
        return s_wish_value (self, word, reason);
    self->names [self->name_count++] = word;
    return s_check_name (word, reason);
}

static gradmq_err_t
s_wish_resets (s_wish_t *self, const gradmq_args_t *args, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < args->given_count && !err; i++) {
        if (args->given [i].option->id != GRADMQ_OPT_RESET)
            continue;
        self->changes = true;
        self->reset [self->reset_count++] = args->given [i].text;
        self->names [self->name_count++] = args->given [i].text;
        err = s_check_name (args->given [i].text, reason);
    }
    return err;
}

//  Names to look at make no sense beside a change.
static gradmq_err_t
s_check_wish (const s_wish_t *self, const gradmq_args_t *args, gradmq_reason_t *reason)
{
    bool conditions = gradmq_args_has (args, GRADMQ_OPT_IF_EPOCH)
                      || gradmq_args_has (args, GRADMQ_OPT_IF_VERSION);
    if (conditions && !self->changes)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "--if-epoch and --if-version belong to a change; write NAME=VALUE");
    for (size_t i = 0; self->changes && i < args->word_count; i++)
        if (!strchr (args->words [i], '='))
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                                  "\"%.60s\" has no value; write NAME=VALUE, or --reset NAME",
                                  args->words [i]);
    return GRADMQ_OK;
}

static gradmq_err_t
s_wish_read (s_wish_t *self, const gradmq_args_t *args, gradmq_reason_t *reason)
{
    size_t most = args->word_count + args->given_count + 1, bytes = 1;
    for (size_t i = 0; i < args->word_count; i++)
        bytes += strlen (args->words [i]) + 1;
    self->names = calloc (most, sizeof *self->names);
    self->reset = calloc (most, sizeof *self->reset);
    self->texts = malloc (bytes);
    if (!self->names || !self->reset || !self->texts)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = GRADMQ_OK;
    char *text = self->texts;
    for (size_t i = 0; i < args->word_count && !err; i++) {
        size_t size = strlen (args->words [i]) + 1;
        memcpy (text, args->words [i], size);
        err = s_wish_word (self, text, reason);
        text += size;
    }
    if (!err)
        err = s_wish_resets (self, args, reason);
    return err ? err : s_check_wish (self, args, reason);
}

static void
s_wish_free (s_wish_t *self)
{
    free (self->names);
    free (self->reset);
    free (self->texts);
    free (self);
}

static void
s_answer_json (gradmq_cli_t *cli, const gradmq_parameters_t *parameters,
               const gradmq_settings_choice_t *choice)
{
    gradmq_printer_t printer = gradmq_cli_begin_answer (cli);
    gradmq_printer_count (&printer, "revision", parameters->revision);
    gradmq_printer_count (&printer, "from_epoch", parameters->from_epoch);
    gradmq_printer_count (&printer, "from_version", parameters->from_version);
    gradmq_settings_json (&printer, parameters->settings, choice);
    gradmq_printer_open_list (&printer, "unset");
    for (size_t i = 0; i < parameters->unset.count; i++)
        gradmq_printer_text (&printer, NULL, parameters->unset.items [i]);
    gradmq_printer_close_list (&printer);
    gradmq_cli_end_answer (&printer);
}

static gradmq_err_t
s_answer (gradmq_cli_t *cli, const gradmq_parameters_t *parameters, const s_wish_t *wish,
          gradmq_reason_t *reason)
{
    gradmq_settings_choice_t choice = {wish->names, wish->name_count};
    if (cli->json) {
        s_answer_json (cli, parameters, &choice);
        return GRADMQ_OK;
    }
    if (wish->changes && cli->quiet)
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_settings_print (cli->out, parameters->settings, &choice, reason);
    if (err)
        return err;
    gradmq_cli_say (cli, "revision %" PRIu64 ", in force from version %" PRIu64,
                    parameters->revision, parameters->from_version);
    for (size_t i = 0; i < parameters->unset.count; i++)
        gradmq_cli_say (cli, "%s went back to its default: nothing reads it now",
                        parameters->unset.items [i]);
    return GRADMQ_OK;
}

static gradmq_err_t
s_ask (gradmq_cli_t *cli, const s_wish_t *wish, gradmq_reason_t *reason)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_PARAMETERS};
    if (wish->changes) {
        request.command = GRADMQ_COMMAND_SET_PARAMETERS;
        request.settings = &wish->change;
        request.reset = wish->reset;
        request.reset_count = wish->reset_count;
        gradmq_cli_conditions (cli, &request);
    }
    const gradmq_reply_t *reply;
    gradmq_err_t err = gradmq_cli_ask (cli, &request, &reply, reason);
    return err ? err : s_answer (cli, &reply->parameters, wish, reason);
}

gradmq_err_t
gradmq_verb_settings (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    s_wish_t *wish = calloc (1, sizeof *wish);
    if (!wish)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_settings_init (&wish->change);
    gradmq_err_t err = s_wish_read (wish, cli->args, reason);
    if (!err)
        err = s_ask (cli, wish, reason);
    s_wish_free (wish);
    return err;
}
