#include "cli/completion/completion.h"

#include "cli/help.h"
#include "settings/settings.h"

static void
s_bash_options (FILE *to)
{
    const gradmq_verb_option_t *option;
    fputs ("    case \"$previous\" in\n", to);
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        if (option->kind == GRADMQ_VERB_OPTION_FLAG)
            continue;
        fprintf (to, "        --%s", option->name);
        if (option->letter)
            fprintf (to, "|-%c", option->letter);
        fputs (") ", to);
        if (option->kind == GRADMQ_VERB_OPTION_CHOICE)
            fprintf (to, "COMPREPLY=($(compgen -W '%s' -- \"$word\")); ", option->choices);
        else if (option->kind == GRADMQ_VERB_OPTION_FILE)
            fputs ("COMPREPLY=($(compgen -f -- \"$word\")); ", to);
        else if (option->id == GRADMQ_OPT_RESET) {
            fputs ("COMPREPLY=($(compgen -W '", to);
            gradmq_completion_settings (to, "");
            fputs ("' -- \"$word\")); ", to);
        }
        fputs ("return ;;\n", to);
    }
    fputs ("    esac\n", to);
}

//  The options that take a value, as a pattern of `case`.
static void
s_bash_valued (FILE *to)
{
    const gradmq_verb_option_t *option;
    const char *gap = "";
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        if (option->kind == GRADMQ_VERB_OPTION_FLAG)
            continue;
        fprintf (to, "%s--%s", gap, option->name);
        gap = "|";
        if (option->letter)
            fprintf (to, "|-%c", option->letter);
    }
}

static void
s_verb_pattern (FILE *to)
{
    const gradmq_verb_t *verb;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        fprintf (to, "%s%s", i ? "|" : "", verb->name);
}

//  What may stand behind NAME=.
static void
s_setting_values (FILE *to)
{
    fputs ("    if [[ $verb == settings && $equal ]]; then\n        case \"$previous\" in\n", to);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (!gradmq_completion_chooses (row))
            continue;
        fprintf (to, "            %s) words='", row->name);
        gradmq_completion_choices (to, row);
        fputs ("' ;;\n", to);
    }
    fputs ("        esac\n        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "        return\n    fi\n",
           to);
}

static void
s_bash_words (FILE *to, const gradmq_verb_t *verb)
{
    switch (verb->words) {
        case GRADMQ_WORDS_FILE:
            fputs ("compopt -o filenames; words=$(compgen -f -- \"$word\"); "
                   "mapfile -t COMPREPLY <<< \"$words\"; "
                   "[ -n \"$words\" ] || COMPREPLY=(); return ;;\n",
                   to);
            return;
        case GRADMQ_WORDS_VERB:
            fputs ("words='", to);
            gradmq_completion_verbs (to);
            break;
        case GRADMQ_WORDS_SHELL:
            fputs ("words='" GRADMQ_SHELLS, to);
            break;
        case GRADMQ_WORDS_SETTING:
            fputs ("compopt -o nospace; words='", to);
            gradmq_completion_settings (to, "=");
            break;
        case GRADMQ_WORDS_BENCH:
            fputs ("words='", to);
            gradmq_completion_benches (to);
            break;
        case GRADMQ_WORDS_NONE:
        case GRADMQ_WORDS_TEXT:
            fputs ("words='", to);
            break;
    }
    fputs ("' ;;\n", to);
}

void
gradmq_completion_bash (FILE *to)
{
    const gradmq_verb_t *verb;
    fputs ("# bash completion for gradmq; made from its tables.\n_gradmq () {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local verb= options= words= equal= i\n    COMPREPLY=()\n"
           //  Bash cuts words at '=' and ':'.
           "    if [[ $word == = ]]; then\n        word= equal=1\n"
           "    elif [[ $previous == = ]]; then\n"
           "        previous=${COMP_WORDS[COMP_CWORD-2]} equal=1\n    fi\n",
           to);
    s_bash_options (to);
    fputs ("    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"${COMP_WORDS[i]}\" in\n            ",
           to);
    s_bash_valued (to);
    fputs (") i=$((i + 1)) ;;\n            -*) ;;\n"
           "            ",
           to);
    s_verb_pattern (to);
    fputs (") verb=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n", to);
    s_setting_values (to);
    fputs ("    options='", to);
    gradmq_completion_options (to, NULL);
    fputs ("'\n    if [[ $word == -* ]]; then\n        case \"$verb\" in\n", to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        fprintf (to, "            %s) options+=' ", verb->name);
        gradmq_completion_options (to, verb);
        fputs ("' ;;\n", to);
    }
    fputs ("        esac\n        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
           "        return\n    fi\n    case \"$verb\" in\n        '') words='",
           to);
    gradmq_completion_verbs (to);
    fputs ("' ;;\n", to);
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++) {
        fprintf (to, "        %s) ", verb->name);
        s_bash_words (to, verb);
    }
    fputs ("    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
           "complete -F _gradmq gradmq\n",
           to);
}
