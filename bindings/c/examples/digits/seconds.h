//  Seconds on a clock that never goes back.

#ifndef DIGITS_SECONDS_H
#define DIGITS_SECONDS_H

#include <time.h>

static inline double
digits_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

#endif
