#include "cli/help.h"

#include "cli/cli.h"
#include "cli/suggest.h"

static gradmq_err_t
s_unknown (const char *word, gradmq_reason_t *reason)
{
    const char *meant = gradmq_suggest_verb (word);
    return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "there is no verb \"%.60s\"%s%s%s", word,
                          meant ? "; did you mean \"" : "", meant ? meant : "",
                          meant ? "\"?" : "; `gradmq help` lists them");
}

gradmq_err_t
gradmq_verb_help (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *word = gradmq_args_word (cli->args, 0);
    if (gradmq_args_has (cli->args, GRADMQ_OPT_MAN)) {
        gradmq_help_man (cli->out);
        return GRADMQ_OK;
    }
    if (!word) {
        gradmq_help_all (cli->out);
        return GRADMQ_OK;
    }
    const gradmq_verb_t *verb = gradmq_verb_find (word);
    if (!verb)
        return s_unknown (word, reason);
    gradmq_help_verb (cli->out, verb);
    return GRADMQ_OK;
}
