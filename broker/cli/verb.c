#include "cli/verb.h"

#include <stdint.h>
#include <string.h>

#define MANY GRADMQ_WORDS_MANY

static const gradmq_verb_t s_verbs [] = {
#define VERB(n, kind, low, high, synopsis, words_help, paragraph, lines)                           \
    {.name = #n,                                                                                   \
     .run = gradmq_verb_##n,                                                                       \
     .words = GRADMQ_WORDS_##kind,                                                                 \
     .least = low,                                                                                 \
     .most = high,                                                                                 \
     .arguments = synopsis,                                                                        \
     .help = words_help,                                                                           \
     .detail = paragraph,                                                                          \
     .examples = lines},
#include "cli/verb.def"
#undef VERB
};

static const gradmq_verb_option_t s_options [] = {
#define OPTION(number, n, short_form, type, value, among, of, words)                               \
    {.id = GRADMQ_OPT_##number,                                                                    \
     .name = n,                                                                                    \
     .letter = short_form,                                                                         \
     .kind = GRADMQ_VERB_OPTION_##type,                                                            \
     .argument = value,                                                                            \
     .choices = among,                                                                             \
     .verbs = of,                                                                                  \
     .help = words},
#include "cli/option.def"
#undef OPTION
};

const gradmq_verb_t *
gradmq_verb_at (size_t index)
{
    return index < sizeof s_verbs / sizeof s_verbs [0] ? &s_verbs [index] : NULL;
}

const gradmq_verb_t *
gradmq_verb_find (const char *name)
{
    const gradmq_verb_t *verb;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        if (strcmp (verb->name, name) == 0)
            return verb;
    return NULL;
}

const gradmq_verb_option_t *
gradmq_verb_option_at (size_t index)
{
    return index < GRADMQ_OPTS ? &s_options [index] : NULL;
}

const gradmq_verb_option_t *
gradmq_verb_option_find (const char *name, size_t length)
{
    const gradmq_verb_option_t *option;
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        if (strlen (option->name) == length && strncmp (option->name, name, length) == 0)
            return option;
    return NULL;
}

const gradmq_verb_option_t *
gradmq_verb_option_lettered (char letter)
{
    const gradmq_verb_option_t *option;
    for (size_t i = 0; letter && (option = gradmq_verb_option_at (i)); i++)
        if (option->letter == letter)
            return option;
    return NULL;
}

bool
gradmq_verb_option_global (const gradmq_verb_option_t *self)
{
    return strcmp (self->verbs, "*") == 0;
}

bool
gradmq_verb_option_of (const gradmq_verb_option_t *self, const gradmq_verb_t *verb)
{
    return gradmq_verb_option_global (self) || gradmq_word_among (self->verbs, verb->name);
}

bool
gradmq_word_among (const char *list, const char *word)
{
    size_t length = strlen (word);
    for (const char *at = list; *at;) {
        size_t size = strcspn (at, " ");
        if (size == length && strncmp (at, word, size) == 0)
            return true;
        at += size;
        at += *at == ' ';
    }
    return false;
}
