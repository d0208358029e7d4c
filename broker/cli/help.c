#include "cli/help.h"

#include "cli/bench/bench.h"
#include "cli/exit.h"
#include "cli/table.h"
#include "cli/text.h"

#include <string.h>

#define LINE_COLUMNS 88

//  Write a paragraph, cut into lines at its spaces.
static void
s_paragraph (FILE *to, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn (text, " ");
        if (column && column + 1 + length > LINE_COLUMNS) {
            fputc ('\n', to);
            column = 0;
        }
        column += (size_t) fprintf (to, "%s%.*s", column ? " " : "", (int) length, text);
        text += length;
        text += strspn (text, " ");
    }
    fputc ('\n', to);
}

static void
s_cell_option (gradmq_table_t *table, const gradmq_verb_option_t *option)
{
    if (option->letter)
        gradmq_table_cell (table, "-%c, --%s %s", option->letter, option->name, option->argument);
    else
        gradmq_table_cell (table, "    --%s %s", option->name, option->argument);
    gradmq_table_cell (table, "%s", option->help);
}

//  Options of the verb without the global ones; NULL: the global ones.
static void
s_options (FILE *to, const char *title, const gradmq_verb_t *verb)
{
    gradmq_table_t *table = gradmq_table_new ("ll");
    if (!table)
        return;
    const gradmq_verb_option_t *option;
    bool any = false;
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        bool wanted =
            verb ? !gradmq_verb_option_global (option) && gradmq_verb_option_of (option, verb)
                 : gradmq_verb_option_global (option);
        if (!wanted)
            continue;
        s_cell_option (table, option);
        any = true;
    }
    if (any)
        fprintf (to, "\n%s\n", title);
    gradmq_table_print (table, to, 2, 0, 0);
    gradmq_table_destroy (&table);
}

static void
s_verbs (FILE *to)
{
    gradmq_table_t *table = gradmq_table_new ("ll");
    if (!table)
        return;
    const gradmq_verb_t *verb;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        gradmq_table_cell (table, "%s %s", verb->name, verb->arguments);
        gradmq_table_cell (table, "%s", verb->help);
    }
    gradmq_table_print (table, to, 2, 0, 0);
    gradmq_table_destroy (&table);
}

static void
s_exits (FILE *to)
{
    const gradmq_exit_row_t *row;
    fprintf (to, "\nExit status\n");
    for (size_t i = 0; (row = gradmq_exit_at (i)); i++)
        fprintf (to, "  %d  %s\n", (int) row->number, row->help);
}

void
gradmq_help_all (FILE *to)
{
    fprintf (to, "gradmq: look at and steer a GradMQ coordinator\n\n"
                 "Usage: gradmq [OPTION ...] VERB [ARGUMENT ...]\n\nVerbs\n");
    s_verbs (to);
    s_options (to, "Options of every verb", NULL);
    s_exits (to);
    fprintf (to, "\n`gradmq help VERB` tells more about a verb.\n");
}

static void
s_benches (FILE *to)
{
    gradmq_table_t *table = gradmq_table_new ("ll");
    if (!table)
        return;
    const gradmq_bench_entry_t *bench;
    for (size_t i = 0; (bench = gradmq_bench_at (i)); i++) {
        gradmq_table_cell (table, "%s", bench->name);
        gradmq_table_cell (table, "%s", bench->help);
    }
    fprintf (to, "\nBenchmarks\n");
    gradmq_table_print (table, to, 2, 0, 0);
    gradmq_table_destroy (&table);
}

//  Each line of the examples, indented.
static void
s_examples (FILE *to, const char *examples)
{
    fprintf (to, "\nExamples\n");
    while (*examples) {
        size_t length = strcspn (examples, "\n");
        fprintf (to, "  %.*s\n", (int) length, examples);
        examples += length;
        examples += *examples == '\n';
    }
}

void
gradmq_help_verb (FILE *to, const gradmq_verb_t *verb)
{
    fprintf (to, "gradmq %s: %s\n\nUsage: gradmq %s [OPTION ...]%s%s\n\n", verb->name, verb->help,
             verb->name, verb->arguments [0] ? " " : "", verb->arguments);
    s_paragraph (to, verb->detail);
    if (verb->words == GRADMQ_WORDS_BENCH)
        s_benches (to);
    s_options (to, "Options", verb);
    s_options (to, "Options of every verb", NULL);
    s_examples (to, verb->examples);
}
