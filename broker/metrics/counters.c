#include "metrics/counters.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    const char *name, *help;
} s_row_t;

static const s_row_t s_rows [] = {
#define ONE(name, help) {#name, help},
#define BY_CODE(name, help)
#define BY_SIZE(name, help)
#include "metrics/counter.def"
};

#undef ONE
#undef BY_CODE
#define ONE(name, help)
#define BY_CODE(name, help) {#name, help},
static const s_row_t s_by_code [] = {
#include "metrics/counter.def"
};

#undef BY_CODE
#undef BY_SIZE
#define BY_CODE(name, help)
#define BY_SIZE(name, help) {#name, help},
static const s_row_t s_by_size [] = {
#include "metrics/counter.def"
};

void
gradmq_count_code (gradmq_counters_t *self, gradmq_by_code_t family, uint32_t code)
{
    self->by_code [family][gradmq_counted_code (code)]++;
}

void
gradmq_count_size (gradmq_counters_t *self, gradmq_by_size_t family, uint64_t size)
{
    size_t place = 0;
    self->sum [family] += size;
    for (; size && place < GRADMQ_COUNTED_SIZES - 1; size >>= 1)
        place++;
    self->by_size [family][place]++;
}

static void
s_add (gradmq_counted_t *list, size_t *count, const char *family, const char *member,
       uint64_t value)
{
    gradmq_counted_t *line = &list [(*count)++];
    line->value = value;
    snprintf (line->name, sizeof line->name, "%s%s%s", family, member [0] ? "." : "", member);
}

size_t
gradmq_counters_list (const gradmq_counters_t *self, gradmq_counted_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < GRADMQ_COUNTERS; i++)
        s_add (list, &count, s_rows [i].name, "", self->value [i]);
    for (size_t i = 0; i < GRADMQ_BY_CODES; i++)
        for (uint32_t code = 0; code < GRADMQ_COUNTED_CODES; code++)
            if (self->by_code [i][code])
                s_add (list, &count, s_by_code [i].name, gradmq_err_name ((gradmq_err_t) code),
                       self->by_code [i][code]);
    for (size_t i = 0; i < GRADMQ_BY_SIZES; i++)
        for (size_t place = 0; place < GRADMQ_COUNTED_SIZES; place++) {
            char least [24];
            snprintf (least, sizeof least, "%" PRIu64, place ? (uint64_t) 1 << (place - 1) : 0);
            if (self->by_size [i][place])
                s_add (list, &count, s_by_size [i].name, least, self->by_size [i][place]);
        }
    return count;
}

const char *
gradmq_counter_name (gradmq_counter_id_t id)
{
    return s_rows [id].name;
}

const char *
gradmq_counter_help (gradmq_counter_id_t id)
{
    return s_rows [id].help;
}

const char *
gradmq_by_code_name (gradmq_by_code_t family)
{
    return s_by_code [family].name;
}

const char *
gradmq_by_code_help (gradmq_by_code_t family)
{
    return s_by_code [family].help;
}

const char *
gradmq_by_size_name (gradmq_by_size_t family)
{
    return s_by_size [family].name;
}

const char *
gradmq_by_size_help (gradmq_by_size_t family)
{
    return s_by_size [family].help;
}
