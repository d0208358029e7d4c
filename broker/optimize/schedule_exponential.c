#include "optimize/schedule.h"

#include "kernel/number.h"

static const gradmq_setting_id_t s_reads [] = {GRADMQ_SETTING_schedule_steps,
                                               GRADMQ_SETTING_schedule_factor};

static double
s_factor (const gradmq_settings_t *settings, uint64_t tick)
{
    uint64_t whole = tick / settings->schedule_steps;
    double part = (double) (tick % settings->schedule_steps) / (double) settings->schedule_steps;
    return gradmq_number_power (settings->schedule_factor, whole)
           * gradmq_number_root_power (settings->schedule_factor, part);
}

const gradmq_schedule_t gradmq_schedule_exponential = {
    .name = "exponential",
    .reads = s_reads,
    .read_count = sizeof s_reads / sizeof s_reads [0],
    .factor = s_factor,
};
