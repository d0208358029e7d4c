#include "metrics/counters.h"

static const struct {
    const char *name, *help;
} s_rows [] = {
#define X(name, help) {#name, help},
#include "metrics/counter.def"
#undef X
};

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
