#include "cli/args.h"

#include "cli/suggest.h"
#include "core/name.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gradmq_err_t
s_unknown_verb (const char *word, gradmq_reason_t *reason)
{
    const char *meant = gradmq_suggest_verb (word);
    if (meant)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "there is no verb \"%.60s\"; did you mean \"%s\"?", word, meant);
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                          "there is no verb \"%.60s\"; `gradmq help` lists them", word);
}

static gradmq_err_t
s_unknown_option (const char *name, size_t length, const char *verb, gradmq_reason_t *reason)
{
    char word [64];
    snprintf (word, sizeof word, "%.*s", (int) (length < 60 ? length : 60), name);
    const char *meant = gradmq_suggest_option (word, verb);
    if (meant)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "there is no option \"--%s\"; did you mean \"--%s\"?", word, meant);
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                          "there is no option \"--%s\"; `gradmq help%s%s` lists them", word,
                          verb [0] ? " " : "", verb);
}

static gradmq_err_t
s_wants (const gradmq_given_t *given, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--%s is \"%.60s\", which is not %s",
                          given->option->name, given->text, what);
}

static gradmq_err_t
s_read_count (gradmq_given_t *given, uint64_t least, uint64_t most, const char *what,
              gradmq_reason_t *reason)
{
    char *end;
    errno = 0;
    given->count = strtoull (given->text, &end, 10);
    bool digits = given->text [0] >= '0' && given->text [0] <= '9' && !*end && !errno;
    if (!digits || given->count < least || given->count > most)
        return s_wants (given, what, reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_real (gradmq_given_t *given, double most, const char *wanted, gradmq_reason_t *reason)
{
    char *end;
    given->real = strtod (given->text, &end);
    if (end == given->text || *end || !(given->real > 0 && given->real <= most))
        return s_wants (given, wanted, reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_choice (gradmq_given_t *given, gradmq_reason_t *reason)
{
    if (given->text [0] && gradmq_word_among (given->option->choices, given->text))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--%s is \"%.60s\"; it can be: %s",
                          given->option->name, given->text, given->option->choices);
}

static gradmq_err_t
s_read_value (gradmq_given_t *given, gradmq_reason_t *reason)
{
    switch (given->option->kind) {
        case GRADMQ_VERB_OPTION_FLAG:
            return GRADMQ_OK;
        case GRADMQ_VERB_OPTION_TEXT:
        case GRADMQ_VERB_OPTION_FILE:
            if (given->text [0])
                return GRADMQ_OK;
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--%s is empty", given->option->name);
        case GRADMQ_VERB_OPTION_NAME:
            if (gradmq_name_valid (given->text))
                return GRADMQ_OK;
            return s_wants (given, "a name (letters, digits, _ - . and at most 64 of them)",
                            reason);
        case GRADMQ_VERB_OPTION_CHOICE:
            return s_read_choice (given, reason);
        case GRADMQ_VERB_OPTION_COUNT:
            return s_read_count (given, 0, UINT64_MAX, "a whole number", reason);
        case GRADMQ_VERB_OPTION_MILLISECONDS:
            return s_read_count (given, 1, 86400000, "a whole number of ms, 1 to 86400000", reason);
        case GRADMQ_VERB_OPTION_SECONDS:
            return s_read_real (given, 1e9, "a number of seconds above 0", reason);
        case GRADMQ_VERB_OPTION_NUMBER:
            return s_read_real (given, 1e300, "a number above 0", reason);
    }
    return GRADMQ_OK;
}

//  Where the reading of a command line stands.
typedef struct {
    gradmq_args_t *args;
    int argc, at;
    char **argv;
    gradmq_reason_t *reason;
} s_reader_t;

//  Take `option`; `value` is what stood behind "=" or a letter, NULL when nothing did.
static gradmq_err_t
s_take_option (s_reader_t *self, const gradmq_verb_option_t *option, const char *value)
{
    gradmq_given_t *given = &self->args->given [self->args->given_count];
    *given = (gradmq_given_t){.option = option, .text = value};
    if (option->kind == GRADMQ_VERB_OPTION_FLAG && value)
        return gradmq_refuse (self->reason, GRADMQ_ERR_USAGE, "--%s takes no value", option->name);
    if (option->kind != GRADMQ_VERB_OPTION_FLAG && !value) {
        if (self->at + 1 >= self->argc)
            return gradmq_refuse (self->reason, GRADMQ_ERR_USAGE, "--%s needs a value: %s",
                                  option->name, option->argument);
        given->text = self->argv [++self->at];
    }
    self->args->given_count++;
    return s_read_value (given, self->reason);
}

static gradmq_err_t
s_take_long (s_reader_t *self, const char *name)
{
    size_t length = strcspn (name, "=");
    const gradmq_verb_option_t *option = gradmq_verb_option_find (name, length);
    if (option)
        return s_take_option (self, option, name [length] ? name + length + 1 : NULL);
    const char *verb = self->args->verb ? self->args->verb->name : "";
    return s_unknown_option (name, length, verb, self->reason);
}

//  One letter or several flags in one word; the last may have its value behind it.
static gradmq_err_t
s_take_letters (s_reader_t *self, const char *letters)
{
    for (const char *at = letters; *at; at++) {
        const gradmq_verb_option_t *option = gradmq_verb_option_lettered (*at);
        if (!option)
            return gradmq_refuse (self->reason, GRADMQ_ERR_USAGE,
                                  "there is no option \"-%c\"; `gradmq help` lists them", *at);
        if (option->kind != GRADMQ_VERB_OPTION_FLAG)
            return s_take_option (self, option, at [1] ? at + 1 : NULL);
        gradmq_err_t err = s_take_option (self, option, NULL);
        if (err)
            return err;
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_take_word (s_reader_t *self, const char *word)
{
    if (self->args->verb) {
        self->args->words [self->args->word_count++] = word;
        return GRADMQ_OK;
    }
    self->args->verb = gradmq_verb_find (word);
    return self->args->verb ? GRADMQ_OK : s_unknown_verb (word, self->reason);
}

static gradmq_err_t
s_take_all (s_reader_t *self)
{
    bool only_words = false;
    gradmq_err_t err = GRADMQ_OK;
    for (self->at = 1; self->at < self->argc && !err; self->at++) {
        const char *arg = self->argv [self->at];
        if (only_words || arg [0] != '-' || !arg [1])
            err = s_take_word (self, arg);
        else if (strcmp (arg, "--") == 0)
            only_words = true;
        else if (strcmp (arg, "--version") == 0 && !self->args->verb)
            err = s_take_word (self, "version");
        else if (arg [1] == '-')
            err = s_take_long (self, arg + 2);
        else
            err = s_take_letters (self, arg + 1);
    }
    return err;
}

//  `gradmq VERB --help` is `gradmq help VERB`.
static void
s_turn_to_help (gradmq_args_t *self)
{
    const gradmq_verb_t *help = gradmq_verb_find ("help");
    if (self->verb == help || !gradmq_args_has (self, GRADMQ_OPT_HELP))
        return;
    self->word_count = 0;
    if (self->verb)
        self->words [self->word_count++] = self->verb->name;
    self->given_count = 0;
    self->verb = help;
}

static gradmq_err_t
s_check (const gradmq_args_t *self, gradmq_reason_t *reason)
{
    const gradmq_verb_t *verb = self->verb;
    if (!verb)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "what to do? A verb is needed; `gradmq help` lists them");
    for (size_t i = 0; i < self->given_count; i++) {
        const gradmq_verb_option_t *option = self->given [i].option;
        assert (option);
        if (!gradmq_verb_option_of (option, verb))
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                                  "--%s is no option of `gradmq %s`; it belongs to: %s",
                                  option->name, verb->name, option->verbs);
    }
    if (self->word_count < verb->least)
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "`gradmq %s` needs %s", verb->name,
                              verb->arguments);
    const char *word;
    for (size_t i = 0; verb->words == GRADMQ_WORDS_FILE && (word = gradmq_args_word (self, i)); i++)
        if (!word [0])
            return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "the name of the file is empty");
    if (self->word_count <= verb->most)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "`gradmq %s` takes %s; \"%.60s\" is too much",
                          verb->name, verb->most ? verb->arguments : "no argument",
                          self->words [verb->most]);
}

gradmq_err_t
gradmq_args_parse (gradmq_args_t *self, int argc, char **argv, gradmq_reason_t *reason)
{
    *self = (gradmq_args_t){.verb = NULL};
    size_t letters = 2;
    for (int i = 0; i < argc; i++)
        letters += strlen (argv [i]) + 1;
    self->words = calloc ((size_t) argc + 2, sizeof *self->words);
    self->given = calloc (letters, sizeof *self->given);
    if (!self->words || !self->given)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_reader_t reader = {.args = self, .argc = argc, .argv = argv, .reason = reason};
    gradmq_err_t err = s_take_all (&reader);
    if (!err)
        s_turn_to_help (self);
    return err ? err : s_check (self, reason);
}

void
gradmq_args_clear (gradmq_args_t *self)
{
    free (self->words);
    free (self->given);
    *self = (gradmq_args_t){.verb = NULL};
}

const gradmq_given_t *
gradmq_args_option (const gradmq_args_t *self, gradmq_verb_option_id_t id)
{
    for (size_t i = self->given_count; i > 0; i--)
        if (self->given [i - 1].option->id == id)
            return &self->given [i - 1];
    return NULL;
}

bool
gradmq_args_has (const gradmq_args_t *self, gradmq_verb_option_id_t id)
{
    return gradmq_args_option (self, id) != NULL;
}

const char *
gradmq_args_text (const gradmq_args_t *self, gradmq_verb_option_id_t id, const char *otherwise)
{
    const gradmq_given_t *given = gradmq_args_option (self, id);
    return given ? given->text : otherwise;
}

const char *
gradmq_args_word (const gradmq_args_t *self, size_t index)
{
    return index < self->word_count ? self->words [index] : NULL;
}
