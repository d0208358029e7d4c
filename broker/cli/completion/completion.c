#include "cli/completion/completion.h"

#include "cli/bench/bench.h"
#include "cli/help.h"
#include "settings/settings.h"

#include <string.h>

void
gradmq_completion_options (FILE *to, const gradmq_verb_t *verb)
{
    const gradmq_verb_option_t *option;
    const char *gap = "";
    for (size_t i = 0; (option = gradmq_verb_option_at (i)); i++) {
        bool wanted =
            verb ? !gradmq_verb_option_global (option) && gradmq_verb_option_of (option, verb)
                 : gradmq_verb_option_global (option);
        if (!wanted)
            continue;
        fprintf (to, "%s--%s", gap, option->name);
        gap = " ";
    }
}

void
gradmq_completion_verbs (FILE *to)
{
    const gradmq_verb_t *verb;
    for (size_t i = 0; (verb = gradmq_verb_at (i)); i++)
        fprintf (to, "%s%s", i ? " " : "", verb->name);
}

void
gradmq_completion_benches (FILE *to)
{
    const gradmq_bench_entry_t *bench;
    for (size_t i = 0; (bench = gradmq_bench_at (i)); i++)
        fprintf (to, "%s%s", i ? " " : "", bench->name);
}

void
gradmq_completion_settings (FILE *to, const char *after)
{
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        fprintf (to, "%s%s ", gradmq_setting_table [i].name, after);
    fprintf (to, "groups%s", after);
}

void
gradmq_completion_quote (FILE *to, const char *text, const char *also)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs ("'\\''", to);
        else if (strchr (also, *text))
            fprintf (to, "\\%c", *text);
        else
            fputc (*text, to);
    }
}

bool
gradmq_completion (FILE *to, const char *shell)
{
    static const struct {
        const char *name;
        void (*write) (FILE *to);
    } shells [] = {{"bash", gradmq_completion_bash},
                   {"zsh", gradmq_completion_zsh},
                   {"fish", gradmq_completion_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells [0]; i++)
        if (strcmp (shells [i].name, shell) == 0) {
            shells [i].write (to);
            return true;
        }
    return false;
}
