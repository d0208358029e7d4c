//  What somebody may have meant.

#ifndef GRADMQ_CLI_SUGGEST_H
#define GRADMQ_CLI_SUGGEST_H

#include <stddef.h>

//  How many insertions, deletions, replacements and swaps of neighbours lie between two words;
//  words of more than 63 bytes are as far from everything as they are long.
size_t gradmq_word_distance (const char *a, const char *b);

//  The nearest of what `at (0, context)`, `at (1, context)` ... give until NULL, when it is near
//  enough to be meant; else NULL.
const char *gradmq_suggest (const char *word, const char *(*at) (size_t index, void *context),
                            void *context);

const char *gradmq_suggest_verb (const char *word);

//  "" stands for no verb: every option.
const char *gradmq_suggest_option (const char *word, const char *verb);
const char *gradmq_suggest_setting (const char *word);

#endif
