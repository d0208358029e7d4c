//  A thread that looks at a coordinator, keeps what it saw last, and pushes it to those who listen.

#ifndef GRADMQ_HTTP_LOOKOUT_H
#define GRADMQ_HTTP_LOOKOUT_H

#include "core/reason.h"
#include "http/connections.h"
#include "http/feed.h"
#include "http/history.h"
#include "http/view.h"

typedef struct gradmq_lookout gradmq_lookout_t;

//  What it works with; all of it outlives the lookout.
typedef struct {
    gradmq_coordinator_t *coordinator;
    gradmq_feed_t *feed;
    gradmq_history_t *history;
    gradmq_connections_t *connections;  //  swept at each look
} gradmq_lookout_options_t;

//  Look for the first time, and go on in a thread.
//    owns    *self_p is the caller's: gradmq_lookout_close; NULL on error
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_lookout_open (gradmq_lookout_t **self_p,
                                                    const gradmq_lookout_options_t *options,
                                                    gradmq_reason_t *reason);
void gradmq_lookout_close (gradmq_lookout_t **self_p);

//  What was seen last.
//    owns    the caller's: gradmq_view_release
//    thread  any
gradmq_view_t *gradmq_lookout_view (gradmq_lookout_t *self);

//  Somebody new listens: look soon.
//    thread  any
void gradmq_lookout_wake (gradmq_lookout_t *self);

#endif
