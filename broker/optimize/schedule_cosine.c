#include "optimize/schedule.h"

#include "kernel/number.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_schedule_steps,
                                               GRADMQ_SETTING_schedule_final};

static double
s_factor (const gradmq_settings_t *settings, uint64_t tick)
{
    if (tick >= settings->schedule_steps)
        return settings->schedule_final;
    double part = (double) tick / (double) settings->schedule_steps;
    return settings->schedule_final
           + (1 - settings->schedule_final) * (1 + gradmq_number_cos_pi (part)) / 2;
}

const gradmq_schedule_t gradmq_schedule_cosine = {
    .name = "cosine",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .factor = s_factor,
};
