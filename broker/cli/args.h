//  A command line, read by the tables of verb.h.

#ifndef GRADMQ_CLI_ARGS_H
#define GRADMQ_CLI_ARGS_H

#include "cli/verb.h"
#include "core/reason.h"

#include <stdint.h>

//  One option as it was given; `text` is NULL for a FLAG.
typedef struct {
    const gradmq_verb_option_t *option;
    const char *text;
    uint64_t count;  //  COUNT, MILLISECONDS
    double real;     //  SECONDS, NUMBER
} gradmq_given_t;

//  Borrows argv.
typedef struct {
    const gradmq_verb_t *verb;  //  `help` when there is no verb but --help
    const char **words;         //  the verb's arguments
    size_t word_count;
    gradmq_given_t *given;  //  in order
    size_t given_count;
} gradmq_args_t;

//  Read a command line; argv [0] is the program. Options may stand before and after the verb and
//  between its arguments, "--" ends them, `--name=value` is `--name value`.
//    owns    the caller clears *self, also on error
//    errors  USAGE: with what was meant, where that can be guessed; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_args_parse (gradmq_args_t *self, int argc, char **argv,
                                                  gradmq_reason_t *reason);
void gradmq_args_clear (gradmq_args_t *self);

//  The last one of that id, NULL when it was not given.
const gradmq_given_t *gradmq_args_option (const gradmq_args_t *self, gradmq_verb_option_id_t id);

bool gradmq_args_has (const gradmq_args_t *self, gradmq_verb_option_id_t id);

//  The text of the last one, `otherwise` when it was not given.
const char *gradmq_args_text (const gradmq_args_t *self, gradmq_verb_option_id_t id,
                              const char *otherwise);

//  Argument number `index`, NULL past the last.
const char *gradmq_args_word (const gradmq_args_t *self, size_t index);

#endif
