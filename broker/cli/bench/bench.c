#include "cli/bench/bench.h"

#include "core/clock.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

//  What the help adds, by `usual`.
#define S_ADD_true ""
#define S_ADD_false "; only by name"

static const gradmq_bench_entry_t s_entries [] = {
#define BENCH(n, runs, words)                                                                      \
    {.name = #n, .usual = runs, .help = words S_ADD_##runs, .run = gradmq_bench_##n},
#include "cli/bench/bench.def"
#undef BENCH
};

const gradmq_bench_entry_t *
gradmq_bench_at (size_t index)
{
    return index < sizeof s_entries / sizeof s_entries [0] ? &s_entries [index] : NULL;
}

const gradmq_bench_entry_t *
gradmq_bench_find (const char *name)
{
    const gradmq_bench_entry_t *entry;
    for (size_t i = 0; (entry = gradmq_bench_at (i)); i++)
        if (strcmp (entry->name, name) == 0)
            return entry;
    return NULL;
}

void
gradmq_bench_say (const gradmq_bench_t *self, const char *format, ...)
{
    if (!self->progress)
        return;
    va_list args;
    va_start (args, format);
    fputs ("gradmq: measuring ", self->progress);
    vfprintf (self->progress, format, args);
    fputc ('\n', self->progress);
    va_end (args);
}

double
gradmq_bench_seconds (void)
{
    gradmq_clock_t clock = gradmq_clock_real ();
    return (double) gradmq_clock_us (&clock) * 1e-6;
}

void
gradmq_bench_pause (int span_ms)
{
    poll (NULL, 0, span_ms);
}
