#include "cli/suggest.h"

#include "cli/verb.h"
#include "settings/settings.h"

#include <string.h>

#define WORD_MAX 64

static size_t
s_least (size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t
gradmq_word_distance (const char *a, const char *b)
{
    size_t rows = strlen (a), columns = strlen (b);
    if (rows >= WORD_MAX || columns >= WORD_MAX)
        return rows > columns ? rows : columns;
    size_t far [WORD_MAX][WORD_MAX];
    for (size_t i = 0; i <= rows; i++)
        far [i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        far [0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            size_t other = a [i - 1] != b [j - 1];
            far [i][j] =
                s_least (far [i - 1][j - 1] + other, s_least (far [i - 1][j], far [i][j - 1]) + 1);
            if (i > 1 && j > 1 && a [i - 1] == b [j - 2] && a [i - 2] == b [j - 1])
                far [i][j] = s_least (far [i][j], far [i - 2][j - 2] + 1);
        }
    return far [rows][columns];
}

const char *
gradmq_suggest (const char *word, const char *(*at) (size_t index, void *context), void *context)
{
    size_t length = strlen (word);
    size_t best = length < 4 ? 2 : length / 3 + 2;
    const char *nearest = NULL, *name;
    for (size_t i = 0; (name = at (i, context)); i++) {
        size_t distance = gradmq_word_distance (word, name);
        //  What begins like a longer name is an abbreviation of it.
        if (length >= 2 && strncmp (word, name, length) == 0)
            distance = 1;
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

static const char *
s_verb_at (size_t index, void *context)
{
    (void) context;
    const gradmq_verb_t *verb = gradmq_verb_at (index);
    return verb ? verb->name : NULL;
}

const char *
gradmq_suggest_verb (const char *word)
{
    return gradmq_suggest (word, s_verb_at, NULL);
}

//  Options of other verbs are passed over: a word that is far from everything stands for them.
static const char *
s_option_at (size_t index, void *context)
{
    const gradmq_verb_option_t *option = gradmq_verb_option_at (index);
    if (!option)
        return NULL;
    return !context || gradmq_verb_option_of (option, context) ? option->name : "";
}

const char *
gradmq_suggest_option (const char *word, const char *verb)
{
    const gradmq_verb_t *row = gradmq_verb_find (verb);
    const char *name = gradmq_suggest (word, s_option_at, (void *) row);
    return name && name [0] ? name : NULL;
}

static const char *
s_setting_at (size_t index, void *context)
{
    (void) context;
    if (index == GRADMQ_SETTINGS)
        return "groups";
    return index < GRADMQ_SETTINGS ? gradmq_setting_table [index].name : NULL;
}

const char *
gradmq_suggest_setting (const char *word)
{
    return gradmq_suggest (word, s_setting_at, NULL);
}
