//  The tables of verbs (verb.def) and options (option.def). Parsing, help, the manual page and
//  completion read these and nothing else.

#ifndef GRADMQ_CLI_VERB_H
#define GRADMQ_CLI_VERB_H

#include "core/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    GRADMQ_WORDS_NONE,
    GRADMQ_WORDS_FILE,
    GRADMQ_WORDS_VERB,
    GRADMQ_WORDS_SHELL,
    GRADMQ_WORDS_SETTING,
    GRADMQ_WORDS_BENCH,
    GRADMQ_WORDS_TEXT
} gradmq_words_t;

#define GRADMQ_WORDS_MANY SIZE_MAX

//  What a verb works with (cli.h).
typedef struct gradmq_cli gradmq_cli_t;

//  Do it and print the answer.
//    errors  any; the sentence is in *reason. Nothing was printed about the error.
typedef gradmq_err_t (gradmq_verb_fn) (gradmq_cli_t *cli, gradmq_reason_t *reason);

typedef struct {
    const char *name;
    gradmq_verb_fn *run;
    gradmq_words_t words;
    size_t least, most;
    const char *arguments;
    const char *help;
    const char *detail;
    const char *examples;
} gradmq_verb_t;

#define VERB(name, words, least, most, arguments, help, detail, examples)                          \
    gradmq_verb_fn gradmq_verb_##name;
#include "cli/verb.def"
#undef VERB

//  Row number `index`, NULL past the last.
const gradmq_verb_t *gradmq_verb_at (size_t index);
const gradmq_verb_t *gradmq_verb_find (const char *name);

typedef enum {
    GRADMQ_VERB_OPTION_FLAG,
    GRADMQ_VERB_OPTION_TEXT,
    GRADMQ_VERB_OPTION_NAME,
    GRADMQ_VERB_OPTION_FILE,
    GRADMQ_VERB_OPTION_CHOICE,
    GRADMQ_VERB_OPTION_COUNT,
    GRADMQ_VERB_OPTION_MILLISECONDS,
    GRADMQ_VERB_OPTION_SECONDS,
    GRADMQ_VERB_OPTION_NUMBER
} gradmq_verb_option_kind_t;

typedef enum {
#define OPTION(id, name, letter, kind, argument, choices, verbs, help) GRADMQ_OPT_##id,
#include "cli/option.def"
#undef OPTION
    GRADMQ_OPTS
} gradmq_verb_option_id_t;

typedef struct {
    gradmq_verb_option_id_t id;
    const char *name;
    char letter;
    gradmq_verb_option_kind_t kind;
    const char *argument;
    const char *choices;
    const char *verbs;
    const char *help;
} gradmq_verb_option_t;

//  Row number `index`, which is its id; NULL past the last.
const gradmq_verb_option_t *gradmq_verb_option_at (size_t index);

//  The row whose name is the first `length` bytes of `name`.
const gradmq_verb_option_t *gradmq_verb_option_find (const char *name, size_t length);
const gradmq_verb_option_t *gradmq_verb_option_lettered (char letter);

//  True when every verb takes it.
bool gradmq_verb_option_global (const gradmq_verb_option_t *self);

//  True when this verb takes it; the global ones too.
bool gradmq_verb_option_of (const gradmq_verb_option_t *self, const gradmq_verb_t *verb);

//  True when `word` is one of the words in `list`, which has spaces between.
bool gradmq_word_among (const char *list, const char *word);

#endif
