//  Work that is divided over processors.

#ifndef GRADMQ_CORE_SPREAD_H
#define GRADMQ_CORE_SPREAD_H

#include <stddef.h>

#define GRADMQ_SPREAD_MAX 64u

//  How many shares work is worth dividing into: the processors that this process may use, or what the
//  environment variable GRADMQ_THREADS says; at least 1, at most GRADMQ_SPREAD_MAX.
//    thread  any
size_t gradmq_spread_width (void);

//  Call run (context, i) for every i below `shares`, the first on the caller's thread and the others
//  on threads of their own, or on the caller's where there are none to be had. Returns when all have.
//    shares  at most GRADMQ_SPREAD_MAX
//    thread  any; `run` touches nothing that another share does
void gradmq_spread (size_t shares, void (*run) (void *context, size_t share), void *context);

#endif
