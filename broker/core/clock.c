#include "core/clock.h"

#include <time.h>

static uint64_t
s_read (clockid_t id)
{
    struct timespec now;
    clock_gettime (id, &now);
    return (uint64_t) now.tv_sec * 1000000u + (uint64_t) now.tv_nsec / 1000u;
}

static uint64_t
s_monotonic_us (void *context)
{
    (void) context;
    return s_read (CLOCK_MONOTONIC);
}

static uint64_t
s_unix_us (void *context)
{
    (void) context;
    return s_read (CLOCK_REALTIME);
}

gradmq_clock_t
gradmq_clock_real (void)
{
    return (gradmq_clock_t){.monotonic_us = s_monotonic_us, .unix_us = s_unix_us};
}

uint64_t
gradmq_clock_us (const gradmq_clock_t *self)
{
    return self->monotonic_us (self->context);
}

uint64_t
gradmq_clock_ms (const gradmq_clock_t *self)
{
    return gradmq_clock_us (self) / 1000u;
}

uint64_t
gradmq_clock_unix_us (const gradmq_clock_t *self)
{
    return self->unix_us (self->context);
}
