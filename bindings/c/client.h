//  What the command line gets from the client library beyond gradmq.h: any request as a struct, and
//  what the coordinator publishes, decoded. Not installed; link the static target gradmq_client.

#ifndef GRADMQ_CLIENT_H
#define GRADMQ_CLIENT_H

#include "gradmq.h"
#include "wire/message.h"

//  Ask `request`, again until there is an answer or the remote's timeout_ms is over. Fills client,
//  request_id and, where the command needs one, model; leaves the other fields alone.
//    shape   `payload` is `bytes` long and goes out in frames of 1 MiB; NULL: none
//    owns    borrows request and payload during the call; *reply is borrowed, until the next call
//            on this remote. `reply` may be NULL.
//    errors  the code of the reply, with its sentence; TIMEOUT, CONNECT, MEMORY. *reply is the reply
//            also when it carries a code, and NULL when there is none.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_remote_call (gradmq_remote_t *self, gradmq_request_t *request,
                                                   const void *payload, uint64_t bytes,
                                                   const gradmq_reply_t **reply,
                                                   gradmq_reason_t *why);

//  The payload of the newest reply, in one piece.
//    owns    borrowed, until the next call on this remote; NULL when it had none
const void *gradmq_remote_payload (gradmq_remote_t *self, uint64_t *bytes);

//  Take the position that the newest reply told as the base of what gradmq_remote_add_gradients adds.
void gradmq_remote_base_on_newest (gradmq_remote_t *self);

//  The time that one call may take from now on; 0: 30,000.
void gradmq_remote_set_timeout (gradmq_remote_t *self, uint32_t timeout_ms);

//  ------------------------------------------------------------------------------------------------
//  Watching what is published

typedef struct gradmq_watch gradmq_watch_t;

#define GRADMQ_WATCH_EVENTS 1u         //  event/M/all/
#define GRADMQ_WATCH_ANNOUNCEMENTS 2u  //  announce/M/
#define GRADMQ_WATCH_MALFORMED 4u      //  malformed/M/
#define GRADMQ_WATCH_WORKER 8u         //  ack/M/W/ and event/M/w/W/
#define GRADMQ_WATCH_WORKERS 16u       //  ack/M/ and event/M/w/: of every worker
#define GRADMQ_WATCH_UPDATES 32u       //  params/M/S/

//  Subscribe to what `what`, a sum of GRADMQ_WATCH_, says. Lives on its own: `remote` may be used
//  and closed meanwhile. Returns once the subscriptions hold.
//    `name`  WORKER: the worker; UPDATES: the stream, NULL: the master dtype's
//    errors  ARGUMENT, CONNECT, TIMEOUT, MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_watch_open (gradmq_watch_t **self_p, gradmq_remote_t *remote,
                                                  unsigned what, const char *name,
                                                  gradmq_reason_t *why);

//  Nulls *self_p; NULL is fine.
void gradmq_watch_close (gradmq_watch_t **self_p);

//  One message. `event` or `update` is NULL.
typedef struct {
    const char *topic;
    const gradmq_event_t *event;
    const gradmq_update_t *update;
    uint64_t payload_bytes;  //  that came with an update
} gradmq_watched_t;

//  The next message; waits at most timeout_ms. What cannot be decoded is left out.
//    owns    *watched is borrowed, until the next call on this watch
//    errors  TIMEOUT: nothing came
GRADMQ_MUST_CHECK gradmq_err_t gradmq_watch_next (gradmq_watch_t *self, uint32_t timeout_ms,
                                                  gradmq_watched_t *watched, gradmq_reason_t *why);

#endif
