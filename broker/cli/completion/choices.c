#include "aggregate/rule.h"
#include "cli/completion/completion.h"
#include "optimize/optimizer.h"
#include "optimize/schedule.h"
#include "sync/policy.h"

#include <string.h>

//  Settings whose choices are the rows of another table: the name of row number `index`, NULL past the
//  last.
#define NAMES(setting, table)                                                                      \
    static const char *s_##setting (size_t index)                                                  \
    {                                                                                              \
        return table (index) ? table (index)->name : NULL;                                         \
    }

NAMES (optimizer, gradmq_optimizer_at)
NAMES (schedule, gradmq_schedule_at)
NAMES (policy, gradmq_policy_at)
NAMES (rule, gradmq_rule_at)

static const struct {
    const char *setting;
    const char *(*name) (size_t index);
} s_tables [] = {
    {"optimizer", s_optimizer}, {"schedule", s_schedule}, {"policy", s_policy}, {"rule", s_rule}};

#define TRUTHS "true false"

//  Choices that stand in the setting's own row, "" where there are none.
static const char *
s_own (const gradmq_setting_row_t *row)
{
    if (row->type == GRADMQ_SETTING_FLAG)
        return TRUTHS;
    return row->type == GRADMQ_SETTING_TEXT && row->choices ? row->choices : "";
}

//  Words with spaces between, behind `before` and `name` each; a space in front where there is a `before`.
static void
s_put (FILE *to, const gradmq_setting_row_t *row, const char *before, const char *name)
{
    const char *gap = before [0] ? " " : "";
    for (const char *word = s_own (row); *word;) {
        size_t length = strcspn (word, " ");
        fprintf (to, "%s%s%s%.*s", gap, before, name, (int) length, word);
        gap = " ";
        word += length + strspn (word + length, " ");
    }
    for (size_t i = 0; i < sizeof s_tables / sizeof s_tables [0]; i++) {
        if (strcmp (s_tables [i].setting, row->name) != 0)
            continue;
        for (size_t j = 0; s_tables [i].name (j); j++) {
            fprintf (to, "%s%s%s%s", gap, before, name, s_tables [i].name (j));
            gap = " ";
        }
    }
}

bool
gradmq_completion_chooses (const gradmq_setting_row_t *row)
{
    for (size_t i = 0; i < sizeof s_tables / sizeof s_tables [0]; i++)
        if (strcmp (s_tables [i].setting, row->name) == 0)
            return true;
    return s_own (row) [0] != 0;
}

void
gradmq_completion_choices (FILE *to, const gradmq_setting_row_t *row)
{
    s_put (to, row, "", "");
}

void
gradmq_completion_assignments (FILE *to)
{
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        s_put (to, &gradmq_setting_table [i], gradmq_setting_table [i].name, "=");
}
