//  Plain loops: what memory gives to a loop that reads and writes as many arrays as an optimizer's
//  pass does.

#ifndef GRADMQ_CLI_BENCH_LOOP_H
#define GRADMQ_CLI_BENCH_LOOP_H

#include <stddef.h>

#define GRADMQ_BENCH_STATES_MAX 3

//  Arrays of `count` elements each, on huge pages where the system has them.
typedef struct {
    size_t count;
    size_t states;
    float *p, *next, *g;
    float *state [GRADMQ_BENCH_STATES_MAX];
} gradmq_bench_arrays_t;

//  next = p - rate g; each state moves towards g.
//    `next`  may be `p`
void gradmq_bench_loop (const gradmq_bench_arrays_t *arrays, float *next);

//  Read p, g and, with `states`, the states; returns a sum.
double gradmq_bench_loop_read (const gradmq_bench_arrays_t *arrays, size_t states);

#endif
