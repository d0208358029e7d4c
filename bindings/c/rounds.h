//  Which round of policy bsp a worker takes part in, and whether that round ended without a version:
//  then a newer version is not worth waiting for. PROTOCOL.md, rule O-7.

#ifndef GRADMQ_CLIENT_ROUNDS_H
#define GRADMQ_CLIENT_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

//  All zero: nothing was heard.
typedef struct {
    uint64_t epoch, version, round;     //  newest round heard of, and the position it was told at
    uint64_t base_epoch, base_version;  //  what the worker computes or has computed from
    uint64_t taken;                     //  round of a gradient that is made from it; 0: not known
    bool over;                          //  that round ended, and the version stayed
} gradmq_rounds_t;

//  A heartbeat, or the answer to Join, told which round is open at this position; 0: none was told.
void gradmq_rounds_hear (gradmq_rounds_t *self, uint64_t epoch, uint64_t version, uint64_t round);

//  A notice told that a step was not made, or was dropped, at this position.
void gradmq_rounds_passed (gradmq_rounds_t *self, uint64_t epoch, uint64_t version);

//  The worker takes this position as its base, or sends a gradient that is made from it: what
//  passed before is no news.
void gradmq_rounds_take (gradmq_rounds_t *self, uint64_t epoch, uint64_t version);

//  Another process answers; its rounds begin anew.
void gradmq_rounds_forget (gradmq_rounds_t *self);

//  The round that a gradient from the base takes part in, as far as is known; 0: it is not.
uint64_t gradmq_rounds_open (const gradmq_rounds_t *self);

#endif
