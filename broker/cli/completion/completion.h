//  What the completion scripts of all shells are made from.

#ifndef GRADMQ_CLI_COMPLETION_H
#define GRADMQ_CLI_COMPLETION_H

#include "cli/verb.h"
#include "settings/settings.h"

#include <stdio.h>

//  Words with spaces between: the verb's own options, or the global ones (NULL), as "--name"; the
//  verbs; the benchmarks; the settings, with `after` behind each.
void gradmq_completion_options (FILE *to, const gradmq_verb_t *verb);
void gradmq_completion_verbs (FILE *to);
void gradmq_completion_benches (FILE *to);
void gradmq_completion_settings (FILE *to, const char *after);

//  True when what this setting can be is known: it is not a number or any text.
bool gradmq_completion_chooses (const gradmq_setting_row_t *row);

//  What it can be, with spaces between.
void gradmq_completion_choices (FILE *to, const gradmq_setting_row_t *row);

//  NAME=VALUE for every setting of which choices are known, each with a space before it.
void gradmq_completion_assignments (FILE *to);

//  Text for between the single quotes of zsh and fish; the characters of `also` get a backslash.
void gradmq_completion_quote (FILE *to, const char *text, const char *also);

//  The scripts.
void gradmq_completion_bash (FILE *to);
void gradmq_completion_zsh (FILE *to);
void gradmq_completion_fish (FILE *to);

#endif
