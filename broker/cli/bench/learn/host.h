//  A coordinator without sockets, in a time that stands still unless it is told to go on: the engine
//  that gradmqd runs, and nothing of it replaced.

#ifndef GRADMQ_CLI_BENCH_LEARN_HOST_H
#define GRADMQ_CLI_BENCH_LEARN_HOST_H

#include "coordinator/engine.h"

//  All zero: not open.
typedef struct {
    gradmq_engine_t *engine;
    struct gradmq_publisher *publisher;
    uint64_t now_us;
} gradmq_host_t;

//  Open a coordinator with these settings ("name=value ...") and start it on parameters of this layout.
//    `start`  the bytes of the parameters; NULL: zeroes
//    owns    the caller clears *self, also on error
//    errors  those of gradmq_engine_set_parameters and gradmq_engine_load; MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_host_open (gradmq_host_t *self, const char *settings,
                                                 gradmq_layout_t *layout, const void *start,
                                                 gradmq_reason_t *reason);
void gradmq_host_clear (gradmq_host_t *self);

//    returns the new incarnation
//    errors  those of gradmq_members_join
GRADMQ_MUST_CHECK gradmq_err_t gradmq_host_join (gradmq_host_t *self, const char *name,
                                                 uint64_t *incarnation, gradmq_reason_t *reason);

//  Hand in a gradient whose payload are these bytes, and let the coordinator do all it can. It is read as
//  what comes from a socket is.
//    owns    copies `header`, but for its model, which is this one, and `bytes`
//    errors  MEMORY; STATE: it was turned away. One that is REFUSED is not an error.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_host_push (gradmq_host_t *self,
                                                 const gradmq_gradient_t *header, const void *bytes,
                                                 size_t size, gradmq_reason_t *reason);

//  The newest parameters.
void gradmq_host_parameters (const gradmq_host_t *self, double *w);

//  How many gradients were refused with this code.
uint64_t gradmq_host_refused (const gradmq_host_t *self, gradmq_err_t code);

#endif
