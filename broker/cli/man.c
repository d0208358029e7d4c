#include "cli/help.h"

#include "cli/bench/bench.h"
#include "cli/exit.h"
#include "gradmq.h"

#include <string.h>

//  Text as it is: nothing in it is a request, an escape or a hyphen to be broken at.
static void
s_text (FILE *to, const char *text)
{
    bool line_begins = true;
    for (const char *at = text; *at; at++) {
        if (line_begins && (*at == '.' || *at == '\''))
            fputs ("\\&", to);
        line_begins = *at == '\n';
        if (*at == '\\')
            fputs ("\\e", to);
        else if (*at == '-')
            fputs ("\\-", to);
        else if (*at == '\'')
            fputs ("\\(aq", to);
        else
            fputc (*at, to);
    }
}

static void
s_line (FILE *to, const char *text)
{
    s_text (to, text);
    fputc ('\n', to);
}

static void
s_option (FILE *to, const gradmq_verb_option_t *option)
{
    fputs (".TP\n", to);
    if (option->letter)
        fprintf (to, "\\fB\\-%c\\fR, ", option->letter);
    fputs ("\\fB\\-\\-", to);
    s_text (to, option->name);
    fputs ("\\fR", to);
    if (option->argument [0]) {
        fputs (" \\fI", to);
        s_text (to, option->argument);
        fputs ("\\fR", to);
    }
    fputc ('\n', to);
    s_line (to, option->help);
}

static void
s_benches (FILE *to)
{
    const gradmq_bench_entry_t *bench;
    for (size_t i = 0; (bench = gradmq_bench_at (i)); i++) {
        fprintf (to, ".TP\n\\fB%s\\fR\n", bench->name);
        s_line (to, bench->help);
    }
}

static void
s_verb (FILE *to, const gradmq_verb_t *verb)
{
    fputs (".SS gradmq ", to);
    s_text (to, verb->name);
    fputc (' ', to);
    s_line (to, verb->arguments);
    s_line (to, verb->help);
    fputs (".PP\n", to);
    s_line (to, verb->detail);
    if (verb->words == GRADMQ_WORDS_BENCH)
        s_benches (to);
    const gradmq_verb_option_t *option;
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        if (!gradmq_verb_option_global (option) && gradmq_verb_option_of (option, verb))
            s_option (to, option);
    fputs (".PP\n.nf\n", to);
    s_text (to, verb->examples);
    fputs (".fi\n", to);
}

static void
s_exits (FILE *to)
{
    const gradmq_exit_row_t *row;
    fputs (".SH EXIT STATUS\n", to);
    for (size_t i = 0; (row = gradmq_exit_at (i)); i++) {
        fprintf (to, ".TP\n\\fB%d\\fR\n", (int) row->number);
        s_line (to, row->help);
    }
}

void
gradmq_help_man (FILE *to)
{
    const gradmq_verb_option_t *option;
    const gradmq_verb_t *verb;
    fprintf (to, ".TH GRADMQ 1 \"\" \"GradMQ %s\" \"GradMQ\"\n", gradmq_version ());
    fputs (
        ".SH NAME\ngradmq \\- look at and steer a GradMQ coordinator\n"
        ".SH SYNOPSIS\n\\fBgradmq\\fR [\\fIOPTION\\fR ...] \\fIVERB\\fR [\\fIARGUMENT\\fR ...]\n"
        ".SH DESCRIPTION\n"
        "A coordinator, which \\fBgradmqd\\fR runs, owns the parameters of a model; workers push\n"
        "gradients to it. \\fBgradmq\\fR asks one coordinator, through its control endpoint.\n"
        ".SH OPTIONS\n"
        "They may stand before and after the verb; \\fB\\-\\-\\fR ends them.\n",
        to);
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        if (gradmq_verb_option_global (option))
            s_option (to, option);
    fputs (".SH VERBS\n", to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        s_verb (to, verb);
    s_exits (to);
    fputs (
        ".PP\nWith \\fB\\-\\-json\\fR an error is an object on standard error:\n"
        ".PP\n.nf\n{\"error\": {\"code\": 12, \"name\": \"NO_MODEL\", \"message\": \"...\"}}\n.fi\n"
        ".SH ENVIRONMENT\n.TP\n\\fBGRADMQ_CONTROL\\fR\n"
        "Control endpoint where \\fB\\-\\-control\\fR is not given.\n"
        ".TP\n\\fBGRADMQ_SECRET\\fR, \\fBGRADMQ_SERVER_KEY\\fR\n"
        "Files of \\fB\\-\\-secret\\fR and \\fB\\-\\-server\\-key\\fR where these are not given.\n"
        ".TP\n\\fBNO_COLOR\\fR\nWhen set to anything, \\fBgradmq watch\\fR uses no color.\n"
        ".SH SEE ALSO\n\\fBgradmqd\\fR(8)\n",
        to);
}
