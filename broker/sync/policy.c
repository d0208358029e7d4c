#include "sync/policy.h"

#include <string.h>

#define X(name) extern const gradmq_policy_t gradmq_policy_##name;
#include "sync/policy.def"
#undef X

static const gradmq_policy_t *const s_table [] = {
#define X(name) &gradmq_policy_##name,
#include "sync/policy.def"
#undef X
};

const gradmq_policy_t *
gradmq_policy_at (size_t index)
{
    return index < sizeof s_table / sizeof s_table [0] ? s_table [index] : NULL;
}

const gradmq_policy_t *
gradmq_policy_find (const char *name)
{
    for (size_t i = 0; i < sizeof s_table / sizeof s_table [0]; i++)
        if (strcmp (s_table [i]->name, name) == 0)
            return s_table [i];
    return NULL;
}

bool
gradmq_policy_reads (const gradmq_policy_t *self, gradmq_setting_id_t id)
{
    for (size_t i = 0; i < self->read_count; i++)
        if (self->reads [i] == id)
            return true;
    return false;
}

bool
gradmq_policy_takes (const gradmq_policy_t *self, uint32_t kind)
{
    for (size_t i = 0; i < self->kind_count; i++)
        if (self->kinds [i] == kind)
            return true;
    return kind == GRADMQ_KIND_SKIP;
}

bool
gradmq_policy_alone (const gradmq_policy_t *self, const gradmq_settings_t *settings)
{
    return gradmq_policy_takes (self, GRADMQ_KIND_GRADIENT) && self->contributions
           && self->contributions (settings) == 1;
}

size_t
gradmq_policy_needed (const gradmq_policy_t *self, const gradmq_settings_t *settings)
{
    return self->contributions ? self->contributions (settings) : 0;
}
