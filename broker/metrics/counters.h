//  Counters: one table (counter.def), one owner.

#ifndef GRADMQ_METRICS_COUNTERS_H
#define GRADMQ_METRICS_COUNTERS_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

#define GRADMQ_COUNTED_CODES 64u  //  greater codes are counted as INTERNAL
#define GRADMQ_COUNTED_SIZES 33u  //  0, then one a power of two; the last is open
#define GRADMQ_COUNTER_NAME_BYTES 64u

typedef enum {
#define ONE(name, help) GRADMQ_COUNTER_##name,
#define BY_CODE(name, help)
#define BY_SIZE(name, help)
#include "metrics/counter.def"
    GRADMQ_COUNTERS
} gradmq_counter_id_t;

#undef ONE
#undef BY_CODE
#define ONE(name, help)
#define BY_CODE(name, help) GRADMQ_BY_CODE_##name,
typedef enum {
#include "metrics/counter.def"
    GRADMQ_BY_CODES
} gradmq_by_code_t;

#undef BY_CODE
#undef BY_SIZE
#define BY_CODE(name, help)
#define BY_SIZE(name, help) GRADMQ_BY_SIZE_##name,
typedef enum {
#include "metrics/counter.def"
    GRADMQ_BY_SIZES
} gradmq_by_size_t;
#undef ONE
#undef BY_CODE
#undef BY_SIZE

typedef struct {
    uint64_t value [GRADMQ_COUNTERS];
    uint64_t by_code [GRADMQ_BY_CODES][GRADMQ_COUNTED_CODES];
    uint64_t by_size [GRADMQ_BY_SIZES][GRADMQ_COUNTED_SIZES];
    uint64_t sum [GRADMQ_BY_SIZES];  //  of the sizes that were counted
} gradmq_counters_t;

static inline void
gradmq_count (gradmq_counters_t *self, gradmq_counter_id_t id, uint64_t by)
{
    self->value [id] += by;
}

//  Where a code is counted.
static inline uint32_t
gradmq_counted_code (uint32_t code)
{
    return code < GRADMQ_COUNTED_CODES ? code : GRADMQ_ERR_INTERNAL;
}

void gradmq_count_code (gradmq_counters_t *self, gradmq_by_code_t family, uint32_t code);
void gradmq_count_size (gradmq_counters_t *self, gradmq_by_size_t family, uint64_t size);

//  One line of what was counted.
typedef struct {
    char name [GRADMQ_COUNTER_NAME_BYTES];
    uint64_t value;
} gradmq_counted_t;

//  Every counter, then what is not 0 of the families, in the order of the table.
//    shape    list [GRADMQ_COUNTED_MAX]
//    returns  how many there are
#define GRADMQ_COUNTED_MAX                                                                         \
    (GRADMQ_COUNTERS + GRADMQ_BY_CODES * GRADMQ_COUNTED_CODES                                      \
     + GRADMQ_BY_SIZES * GRADMQ_COUNTED_SIZES)
size_t gradmq_counters_list (const gradmq_counters_t *self, gradmq_counted_t *list);

//  Name and help of a counter, and of a family.
//    owns    static text
const char *gradmq_counter_name (gradmq_counter_id_t id);
const char *gradmq_counter_help (gradmq_counter_id_t id);
const char *gradmq_by_code_name (gradmq_by_code_t family);
const char *gradmq_by_code_help (gradmq_by_code_t family);
const char *gradmq_by_size_name (gradmq_by_size_t family);
const char *gradmq_by_size_help (gradmq_by_size_t family);

#endif
