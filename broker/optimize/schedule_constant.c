#include "optimize/schedule.h"

static double
s_factor (const gradmq_settings_t *settings, uint64_t tick)
{
    (void) settings;
    (void) tick;
    return 1;
}

const gradmq_schedule_t gradmq_schedule_constant = {
    .name = "constant",
    .factor = s_factor,
};
