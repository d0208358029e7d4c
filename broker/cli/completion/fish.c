#include "cli/completion/completion.h"

#include "cli/help.h"

static void
s_fish_option (FILE *to, const gradmq_verb_option_t *option)
{
    fputs ("complete -c gradmq", to);
    if (!gradmq_verb_option_global (option))
        fprintf (to, " -n '__fish_seen_subcommand_from %s'", option->verbs);
    fprintf (to, " -l %s", option->name);
    if (option->letter)
        fprintf (to, " -s %c", option->letter);
    if (option->kind == GRADMQ_VERB_OPTION_FILE)
        fputs (" -rF", to);
    else if (option->kind != GRADMQ_VERB_OPTION_FLAG)
        fputs (" -x", to);
    if (option->kind == GRADMQ_VERB_OPTION_CHOICE)
        fprintf (to, " -a '%s'", option->choices);
    else if (option->id == GRADMQ_OPT_RESET) {
        fputs (" -a '", to);
        gradmq_completion_settings (to, "");
        fputc ('\'', to);
    }
    fputs (" -d '", to);
    gradmq_completion_quote (to, option->help, "\\");
    fputs ("'\n", to);
}

static void
s_settings (FILE *to)
{
    gradmq_completion_settings (to, "=");
    gradmq_completion_assignments (to);
}

static void
s_fish_words (FILE *to, const gradmq_verb_t *verb)
{
    if (verb->words == GRADMQ_WORDS_NONE || verb->words == GRADMQ_WORDS_TEXT)
        return;
    fprintf (to, "complete -c gradmq -n '__fish_seen_subcommand_from %s'", verb->name);
    if (verb->words == GRADMQ_WORDS_FILE) {
        fputs (" -F\n", to);
        return;
    }
    fputs (" -a '", to);
    if (verb->words == GRADMQ_WORDS_VERB)
        gradmq_completion_verbs (to);
    else if (verb->words == GRADMQ_WORDS_SHELL)
        fputs (GRADMQ_SHELLS, to);
    else if (verb->words == GRADMQ_WORDS_BENCH)
        gradmq_completion_benches (to);
    else
        s_settings (to);
    fputs ("'\n", to);
}

void
gradmq_completion_fish (FILE *to)
{
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    fputs ("# fish completion for gradmq; made from its tables.\ncomplete -c gradmq -f\n", to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        fprintf (to, "complete -c gradmq -n __fish_use_subcommand -a %s -d '", verb->name);
        gradmq_completion_quote (to, verb->help, "\\");
        fputs ("'\n", to);
        s_fish_words (to, verb);
    }
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        s_fish_option (to, option);
}
