//  Server-sent events: what is pushed goes to all who listen. Each reads at its own speed; who is more
//  than GRADMQ_HTTP_FEED_KEPT events behind is dropped, and may come again.
//
//    thread  any

#ifndef GRADMQ_HTTP_FEED_H
#define GRADMQ_HTTP_FEED_H

#include <stdbool.h>
#include <stddef.h>

struct MHD_Connection;
struct MHD_Response;

typedef struct gradmq_feed gradmq_feed_t;

//    errors  NULL: out of memory
gradmq_feed_t *gradmq_feed_new (void);

//    thread  when nobody listens any more
void gradmq_feed_destroy (gradmq_feed_t **self_p);

//  `json` is one line. Without memory the event is left out.
void gradmq_feed_push (gradmq_feed_t *self, const char *event, const char *json);

size_t gradmq_feed_listeners (gradmq_feed_t *self);

//  An answer that goes on until the feed is closed.
//    owns    the caller's: MHD_destroy_response
//    errors  NULL: too many listen, or out of memory
struct MHD_Response *gradmq_feed_listen (gradmq_feed_t *self, struct MHD_Connection *connection);

//  Let all answers end, and begin none. Waits until they have, but not for who does not read.
void gradmq_feed_close (gradmq_feed_t *self);

#endif
