//  Help for people, made from the tables.

#ifndef GRADMQ_CLI_HELP_H
#define GRADMQ_CLI_HELP_H

#include "cli/verb.h"

#include <stdio.h>

//  All verbs, the global options, what the program ends with.
void gradmq_help_all (FILE *to);

//  One verb: arguments, options, examples.
void gradmq_help_verb (FILE *to, const gradmq_verb_t *verb);

//  gradmq (1), in man macros.
void gradmq_help_man (FILE *to);

//  A completion script.
//    `shell` "bash", "zsh" or "fish"
//    returns false: not one of these; nothing was written
bool gradmq_completion (FILE *to, const char *shell);

//  Words of shells that there is completion for, with spaces between.
#define GRADMQ_SHELLS "bash zsh fish"

#endif
