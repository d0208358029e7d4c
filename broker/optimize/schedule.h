//  Schedules of the learning rate: a file and a row each (schedule.def).

#ifndef GRADMQ_OPTIMIZE_SCHEDULE_H
#define GRADMQ_OPTIMIZE_SCHEDULE_H

#include "settings/settings.h"

typedef struct {
    const char *name;
    const gradmq_setting_id_t *reads;  //  NULL when read_count is 0
    size_t read_count;
    //  What learning_rate is multiplied by at tick `tick` (0 for the first step), without warm-up.
    double (*factor) (const gradmq_settings_t *settings, uint64_t tick);
} gradmq_schedule_t;

//  NULL when there is none of this name, or past the last.
const gradmq_schedule_t *gradmq_schedule_find (const char *name);
const gradmq_schedule_t *gradmq_schedule_at (size_t index);

//  True when this schedule reads this setting.
bool gradmq_schedule_reads (const gradmq_schedule_t *self, gradmq_setting_id_t id);

//  The rate of the step at `tick`: learning_rate x schedule x warm-up, in F64. Warm-up multiplies
//  by min (1, (tick + 1) / warmup_steps).
double gradmq_schedule_rate (const gradmq_settings_t *settings, uint64_t tick);

#endif
