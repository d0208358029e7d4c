//  Time. Everything that decides by time takes a gradmq_clock_t, so that tests drive a fake one.

#ifndef GRADMQ_CORE_CLOCK_H
#define GRADMQ_CORE_CLOCK_H

#include <stdint.h>

typedef struct {
    uint64_t (*monotonic_us) (void *context);  //  never goes back
    uint64_t (*unix_us) (void *context);       //  since 1970
    void *context;
} gradmq_clock_t;

//  The machine's clocks.
gradmq_clock_t gradmq_clock_real (void);

uint64_t gradmq_clock_us (const gradmq_clock_t *self);
uint64_t gradmq_clock_ms (const gradmq_clock_t *self);
uint64_t gradmq_clock_unix_us (const gradmq_clock_t *self);

#endif
