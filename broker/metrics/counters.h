//  Counters: one table (counter.def), one owner.

#ifndef GRADMQ_METRICS_COUNTERS_H
#define GRADMQ_METRICS_COUNTERS_H

#include <stdint.h>

typedef enum {
#define X(name, help) GRADMQ_COUNTER_##name,
#include "metrics/counter.def"
#undef X
    GRADMQ_COUNTERS
} gradmq_counter_id_t;

typedef struct {
    uint64_t value [GRADMQ_COUNTERS];
} gradmq_counters_t;

static inline void
gradmq_count (gradmq_counters_t *self, gradmq_counter_id_t id, uint64_t by)
{
    self->value [id] += by;
}

//  Name and help of a counter.
//    owns    static text
const char *gradmq_counter_name (gradmq_counter_id_t id);
const char *gradmq_counter_help (gradmq_counter_id_t id);

#endif
