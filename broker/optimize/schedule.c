#include "optimize/schedule.h"

#include <string.h>

#define X(name) extern const gradmq_schedule_t gradmq_schedule_##name;
#include "optimize/schedule.def"
#undef X

static const gradmq_schedule_t *const s_table [] = {
#define X(name) &gradmq_schedule_##name,
#include "optimize/schedule.def"
#undef X
};

const gradmq_schedule_t *
gradmq_schedule_at (size_t index)
{
    return index < sizeof s_table / sizeof s_table [0] ? s_table [index] : NULL;
}

const gradmq_schedule_t *
gradmq_schedule_find (const char *name)
{
    for (size_t i = 0; i < sizeof s_table / sizeof s_table [0]; i++)
        if (strcmp (s_table [i]->name, name) == 0)
            return s_table [i];
    return NULL;
}

bool
gradmq_schedule_reads (const gradmq_schedule_t *self, gradmq_setting_id_t id)
{
    for (size_t i = 0; i < self->read_count; i++)
        if (self->reads [i] == id)
            return true;
    return false;
}

double
gradmq_schedule_rate (const gradmq_settings_t *settings, uint64_t tick)
{
    const gradmq_schedule_t *schedule = gradmq_schedule_find (settings->schedule);
    double rate = settings->learning_rate;
    if (schedule)
        rate *= schedule->factor (settings, tick);
    if (tick < settings->warmup_steps)
        rate *= (double) (tick + 1) / (double) settings->warmup_steps;
    return rate;
}
