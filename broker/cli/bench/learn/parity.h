//  The mean over the parts of all images is the gradient over all of them: a coordinator and eight workers
//  have to come to what one process comes to by itself.

#ifndef GRADMQ_CLI_BENCH_LEARN_PARITY_H
#define GRADMQ_CLI_BENCH_LEARN_PARITY_H

#include "cli/bench/learn/fleet.h"

typedef struct {
    double difference;  //  greatest of a parameter
    double allowed;     //  what rounding may come to
} gradmq_parity_t;

//  Rounds that are compared.
#define GRADMQ_PARITY_ROUNDS 100u

//    errors  MEMORY, and those of the coordinator
GRADMQ_MUST_CHECK gradmq_err_t gradmq_parity (const gradmq_task_t *task, gradmq_parity_t *parity,
                                              gradmq_reason_t *reason);

#endif
