//  What goes out on the two PUB sockets.
//
//    thread  the coordinator actor's alone

#ifndef GRADMQ_COORDINATOR_PUBLISHER_H
#define GRADMQ_COORDINATOR_PUBLISHER_H

#include "coordinator/engine.h"
#include "coordinator/stream.h"

typedef struct gradmq_publisher gradmq_publisher_t;

//  `updates` and `events` are ZeroMQ sockets, or NULL where there is none. The high-water mark of
//  updates follows the size of the model, unless it is fixed: two for a large model, more for a small
//  one, since a queue of small updates costs nothing and a newest one that is dropped costs a wait.
//    errors  NULL: out of memory
gradmq_publisher_t *gradmq_publisher_new (void *updates, void *events, bool fixed_hwm);
void gradmq_publisher_destroy (gradmq_publisher_t **self_p);

//  Publish on these sockets from now on, which took the places of the others.
void gradmq_publisher_move (gradmq_publisher_t *self, const gradmq_engine_t *engine, void *updates,
                            void *events);

//  Publish the newest version on each published stream when its time has come, or now when `must`.
void gradmq_publisher_update (gradmq_publisher_t *self, gradmq_engine_t *engine, bool must);

//  Milliseconds until a publication that is held back is due; UINT64_MAX when none is.
uint64_t gradmq_publisher_due_ms (const gradmq_publisher_t *self, const gradmq_engine_t *engine);

//  The settings that say which streams there are have changed, or the model has.
void gradmq_publisher_changed (gradmq_publisher_t *self, gradmq_engine_t *engine);

//  Where converted versions are kept, for answers to GetModelParameters.
gradmq_streams_t *gradmq_publisher_streams (gradmq_publisher_t *self);

//  True when this stream is published now.
bool gradmq_publisher_publishes (const gradmq_publisher_t *self, const gradmq_form_t *form);

//  Sequence of the newest update published on a stream; 0: none.
uint64_t gradmq_publisher_sequence (const gradmq_publisher_t *self, const char *stream);

//  Acknowledgements of all members that have news; with `open`, also of those that have something
//  unsettled or missing.
void gradmq_publisher_acks (gradmq_publisher_t *self, gradmq_engine_t *engine, bool open);

void gradmq_publisher_heartbeat (gradmq_publisher_t *self, const gradmq_engine_t *engine);

//  A report on the steps since the last one, when there were any.
void gradmq_publisher_report (gradmq_publisher_t *self, gradmq_engine_t *engine);

//  What a notice says. Fields that are not needed stay 0.
typedef struct {
    gradmq_notice_t notice;
    const char *message;
    const gradmq_member_t *member;  //  whom it is about
    bool to_all;                    //  though it is about one
    uint64_t sequence;
    gradmq_err_t code;
    uint64_t count;
    uint64_t operation;
} gradmq_notice_args_t;

void gradmq_publisher_notice (gradmq_publisher_t *self, const gradmq_engine_t *engine,
                              const gradmq_notice_args_t *args);

void gradmq_publisher_malformed (gradmq_publisher_t *self, const gradmq_engine_t *engine,
                                 gradmq_err_t code, const char *message, const char *peer);

//  A SyncMark on both sockets.
void gradmq_publisher_sync (gradmq_publisher_t *self, const gradmq_engine_t *engine,
                            uint64_t nonce);

#endif
