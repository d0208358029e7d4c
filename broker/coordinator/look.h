//  Looking at a coordinator from another thread of the same process: what Status, GetParameters and
//  ListWorkers answer, and beside them what only a page or a collector of metrics wants.
//
//  It is one more call through the actor's pipe, so that nothing is done for it while nobody looks, and
//  no state is shared. What was looked at is a copy that nobody changes any more.

#ifndef GRADMQ_COORDINATOR_LOOK_H
#define GRADMQ_COORDINATOR_LOOK_H

#include "gradmq_coordinator.h"
#include "metrics/counters.h"
#include "wire/message.h"

//  Most workers that are told of: the first by name.
#define GRADMQ_LOOK_WORKERS 128u

typedef struct {
    bool whole;                                //  false: only reports on steps are there
    gradmq_reply_t status, settings, workers;  //  answers STATUS, PARAMETERS, WORKERS
    gradmq_counters_t counters;
    uint32_t credit_gradients;  //  of each worker
    uint64_t credit_bytes;
    double checkpoint_age_s;  //  since the newest whole one; NAN: none, or none is asked for
    double free_bytes;        //  of the file system of the state's folder; NAN: there is none
    double size_bytes;        //  the same
    uint32_t (*refused_by) [GRADMQ_COUNTED_CODES];  //  a row for each of `workers`
    gradmq_event_t *steps;                          //  events STEP, in order
    size_t step_count;
    uint64_t reports;  //  how many reports there were so far
} gradmq_look_t;

//  Look. The first look begins the keeping of reports.
//    `whole`  false: at reports only, which costs less
//    `after`  `reports` of the look before; 0: none
//    owns     *look_p is the caller's: gradmq_look_destroy; NULL on error
//    thread   any; it waits for the actor, so not one that others wait for
//    errors   MEMORY; TOO_LARGE
GRADMQ_MUST_CHECK gradmq_err_t gradmq_coordinator_look (gradmq_coordinator_t *self, bool whole,
                                                        uint64_t after, gradmq_look_t **look_p,
                                                        gradmq_reason_t *why);
void gradmq_look_destroy (gradmq_look_t **self_p);

#endif
