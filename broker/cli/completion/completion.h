//  What the completion scripts of all shells are made from.

#ifndef GRADMQ_CLI_COMPLETION_H
#define GRADMQ_CLI_COMPLETION_H

#include "cli/verb.h"

#include <stdio.h>

//  Words with spaces between: the verb's own options, or the global ones (NULL), as "--name"; the
//  verbs; the benchmarks; the settings, with `after` behind each.
void gradmq_completion_options (FILE *to, const gradmq_verb_t *verb);
void gradmq_completion_verbs (FILE *to);
void gradmq_completion_benches (FILE *to);
void gradmq_completion_settings (FILE *to, const char *after);

//  Text for between the single quotes of zsh and fish; the characters of `also` get a backslash.
void gradmq_completion_quote (FILE *to, const char *text, const char *also);

//  The scripts.
void gradmq_completion_bash (FILE *to);
void gradmq_completion_zsh (FILE *to);
void gradmq_completion_fish (FILE *to);

#endif
