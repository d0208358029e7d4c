#include "optimize/pass.h"

#include "kernel/number.h"

#define X(name) extern const gradmq_optimizer_t gradmq_optimizer_##name;
#include "optimize/optimizer.def"
#undef X

static const gradmq_optimizer_t *const s_table [] = {
#define X(name) &gradmq_optimizer_##name,
#include "optimize/optimizer.def"
#undef X
};

const gradmq_optimizer_t *
gradmq_optimizer_at (size_t index)
{
    return index < sizeof s_table / sizeof s_table [0] ? s_table [index] : NULL;
}

const gradmq_optimizer_t *
gradmq_optimizer_find (const char *name)
{
    for (size_t i = 0; i < sizeof s_table / sizeof s_table [0]; i++)
        if (strcmp (s_table [i]->name, name) == 0)
            return s_table [i];
    return NULL;
}

bool
gradmq_optimizer_reads (const gradmq_optimizer_t *self, gradmq_setting_id_t id)
{
    if (id == GRADMQ_SETTING_bias_correction)
        return self->corrects;
    for (size_t i = 0; i < self->read_count; i++)
        if (self->reads [i] == id)
            return true;
    return false;
}

double
gradmq_correction (double beta, uint64_t count)
{
    return 1 - gradmq_number_power (beta, count);
}
