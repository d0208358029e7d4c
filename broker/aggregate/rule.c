#include "aggregate/rule.h"

#include <string.h>

#define X(name) extern const gradmq_rule_t gradmq_rule_##name;
#include "aggregate/rule.def"
#undef X

static const gradmq_rule_t *const s_table [] = {
#define X(name) &gradmq_rule_##name,
#include "aggregate/rule.def"
#undef X
};

const gradmq_rule_t *
gradmq_rule_at (size_t index)
{
    return index < sizeof s_table / sizeof s_table [0] ? s_table [index] : NULL;
}

const gradmq_rule_t *
gradmq_rule_find (const char *name)
{
    for (size_t i = 0; i < sizeof s_table / sizeof s_table [0]; i++)
        if (strcmp (s_table [i]->name, name) == 0)
            return s_table [i];
    return NULL;
}

bool
gradmq_rule_reads (const gradmq_rule_t *self, gradmq_setting_id_t id)
{
    for (size_t i = 0; i < self->read_count; i++)
        if (self->reads [i] == id)
            return true;
    return false;
}

size_t
gradmq_rule_least (const gradmq_rule_t *self, const gradmq_settings_t *settings)
{
    return self->least ? self->least (settings) : 1;
}
