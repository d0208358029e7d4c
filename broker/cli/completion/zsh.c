#include "cli/completion/completion.h"

#include "cli/help.h"

static void
s_zsh_option (FILE *to, const gradmq_verb_option_t *option)
{
    bool repeats = option->id == GRADMQ_OPT_RESET;
    fprintf (to, " \\\n                '%s--%s%s[", repeats ? "*" : "", option->name,
             option->kind == GRADMQ_VERB_OPTION_FLAG ? "" : "=");
    gradmq_completion_quote (to, option->help, "[]:\\");
    fputc (']', to);
    if (option->kind != GRADMQ_VERB_OPTION_FLAG)
        fprintf (to, ":%s:", option->kind == GRADMQ_VERB_OPTION_CHOICE ? "type" : option->argument);
    if (option->kind == GRADMQ_VERB_OPTION_CHOICE)
        fprintf (to, "(%s)", option->choices);
    else if (option->kind == GRADMQ_VERB_OPTION_FILE)
        fputs ("_files", to);
    else if (repeats) {
        fputc ('(', to);
        gradmq_completion_settings (to, "");
        fputc (')', to);
    }
    fputc ('\'', to);
}

static void
s_settings (FILE *to)
{
    gradmq_completion_settings (to, "=");
    gradmq_completion_assignments (to);
}

static void
s_zsh_words (FILE *to, const gradmq_verb_t *verb)
{
    if (verb->words == GRADMQ_WORDS_NONE || verb->words == GRADMQ_WORDS_TEXT)
        return;
    fputs (" \\\n                '*:argument:", to);
    if (verb->words == GRADMQ_WORDS_FILE)
        fputs ("_files", to);
    else {
        fputc ('(', to);
        if (verb->words == GRADMQ_WORDS_VERB)
            gradmq_completion_verbs (to);
        else if (verb->words == GRADMQ_WORDS_SHELL)
            fputs (GRADMQ_SHELLS, to);
        else if (verb->words == GRADMQ_WORDS_BENCH)
            gradmq_completion_benches (to);
        else
            s_settings (to);
        fputc (')', to);
    }
    fputc ('\'', to);
}

void
gradmq_completion_zsh (FILE *to)
{
    const gradmq_verb_t *verb;
    const gradmq_verb_option_t *option;
    fputs ("#compdef gradmq\n# zsh completion for gradmq; made from its tables.\n_gradmq () {\n"
           "    local context state line\n    local -a verbs\n    verbs=(\n",
           to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        fprintf (to, "        '%s:", verb->name);
        gradmq_completion_quote (to, verb->help, ":\\");
        fputs ("'\n", to);
    }
    fputs ("    )\n    local -a every\n    every=(", to);
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++)
        if (gradmq_verb_option_global (option))
            s_zsh_option (to, option);
    fputs (")\n    _arguments -C $every '1:verb:->verb' '*::argument:->arguments'\n"
           "    case $state in\n        verb) _describe verb verbs ;;\n"
           "        arguments)\n            case $line[1] in\n",
           to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        fprintf (to, "            %s) _arguments $every", verb->name);
        for (size_t j = 0; (option = gradmq_verb_option_at (j)); j++)
            if (!gradmq_verb_option_global (option) && gradmq_verb_option_of (option, verb))
                s_zsh_option (to, option);
        s_zsh_words (to, verb);
        fputs (" ;;\n", to);
    }
    fputs ("            esac ;;\n    esac\n}\n"
           "if [ \"$funcstack[1]\" = _gradmq ]; then _gradmq \"$@\"; else compdef _gradmq gradmq; "
           "fi\n",
           to);
}
