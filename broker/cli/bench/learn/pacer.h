//  One worker's time and standing, whatever it learns: when its next contribution is ready, when it may
//  begin anew, and what its contributions state of themselves.

#ifndef GRADMQ_CLI_BENCH_LEARN_PACER_H
#define GRADMQ_CLI_BENCH_LEARN_PACER_H

#include "cli/bench/learn/arm.h"
#include "cli/bench/learn/dice.h"
#include "cli/bench/learn/host.h"

typedef struct {
    const gradmq_arm_t *arm;
    gradmq_dice_t haste;
    double speed;  //  of a gradient, in microseconds, before what chance makes of it
    uint64_t ready_us;
    bool waits;
    gradmq_gradient_t header;  //  what its next contribution states
    uint64_t round;            //  of the coordinator, when it took the parameters
} gradmq_pacer_t;

//  Join as worker number `index`.
//    errors  those of gradmq_host_join
GRADMQ_MUST_CHECK gradmq_err_t gradmq_pacer_open (gradmq_pacer_t *self, const gradmq_arm_t *arm,
                                                  size_t index, uint64_t seed, gradmq_host_t *host,
                                                  gradmq_reason_t *reason);

//  It begins to compute on the newest parameters.
void gradmq_pacer_begin (gradmq_pacer_t *self, const gradmq_host_t *host);

//  True when it may begin anew.
bool gradmq_pacer_may_begin (const gradmq_pacer_t *self, const gradmq_host_t *host);

//  Number the next contribution, and state its kind and clock.
void gradmq_pacer_stamp (gradmq_pacer_t *self);

#endif
