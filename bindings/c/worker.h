//  A worker's insides, shared by the files that each do one thing with it:
//      worker.c     open, close
//      account.c    settlement, what it tells about itself
//      push.c       gradients out
//      merge.c      parameters out; clocks
//      progress.c   everything that comes in meanwhile, and waiting
//      rejoin.c     who answers for the coordinator, and joining it again
//      updates.c    parameters that arrive
//      stream.c     parameters that are asked for, and what the caller gets
//  All of it runs on the caller's thread but for the lease (lease.c).

#ifndef GRADMQ_CLIENT_WORKER_H
#define GRADMQ_CLIENT_WORKER_H

#include "compress.h"
#include "frames.h"
#include "known.h"
#include "header.h"
#include "hearsay.h"
#include "inlet.h"
#include "kept.h"
#include "lease.h"
#include "ledger.h"
#include "request.h"
#include "rounds.h"
#include "session.h"

#define GRADMQ_INSTANCES_KEPT 8

//  What the probe, the requester that never blocks, is asking.
typedef enum {
    GRADMQ_PROBE_NOTHING,
    GRADMQ_PROBE_DESCRIBE,
    GRADMQ_PROBE_JOIN,
    GRADMQ_PROBE_ACKNOWLEDGEMENT
} gradmq_probe_t;

//  Whole parameters, as a header tells them.
typedef struct {
    uint64_t epoch, version;
    uint64_t layout_id;
    uint32_t dtype, encoding;
} gradmq_described_t;

//  The parameters that this worker holds, and those that came since.
typedef struct {
    gradmq_buffer_t *buffer;  //  what views show; NULL: none yet
    const gradmq_dtype_t *dtype;
    uint64_t epoch, version;
    bool given;  //  a view was given to the caller: of this position
    uint64_t given_epoch, given_version;
    bool foreign;  //  what was given is of another instance (rule P-5)
    bool pending;  //  an update that is newer than the buffer
    gradmq_described_t update;
    gradmq_frames_t newest, spare;
    bool published;  //  an update has arrived: the position of the newest
    uint64_t published_epoch, published_version;
    bool join;            //  the stream has to be joined (rule U-4) before it is used
    uint64_t nonce;       //  of the Sync under way; 0: none
    bool marked_events;   //  its mark was seen there
    bool marked_updates;  //  and there
    uint64_t behind_ms;   //  since when a newer version is known of; 0: it is not
    uint64_t get_after_ms;
    uint64_t updates, gaps;
} gradmq_stream_t;

typedef struct {
    char gradients [GRADMQ_ENDPOINT_BYTES];
    char updates [GRADMQ_ENDPOINT_BYTES];
    char events [GRADMQ_ENDPOINT_BYTES];
} gradmq_endpoints_t;

struct gradmq_worker {
    gradmq_session_t session;
    gradmq_requester_t control;
    gradmq_requester_t probe;
    gradmq_probe_t probing;
    uint64_t asked_of;  //  the instance as it was when the probe asked
    void *gradients, *monitor, *events, *updates;
    gradmq_inlet_t from_monitor, from_events, from_updates;
    bool looked;  //  at the descriptors, since the last progress
    gradmq_endpoints_t endpoints;
    gradmq_lease_t *lease;
    gradmq_ledger_t ledger;
    gradmq_kept_t kept [GRADMQ_OUTBOX_SLOTS];
    gradmq_push_header_t header;
    gradmq_frames_t frames;

    gradmq_known_t known;  //  the model's layout

    uint64_t instance;
    uint64_t former [GRADMQ_INSTANCES_KEPT];  //  instances that are no more
    size_t former_count;
    uint64_t epoch, version;  //  newest heard of
    gradmq_hearsay_t hearsay;
    uint64_t heard;     //  messages that came in, of any kind
    uint64_t asked_ms;  //  when life was last looked for

    bool fenced;           //  a newer incarnation has joined: this worker is over
    bool closed;           //  the coordinator said that it is closing
    bool describe;         //  another process answers: ask it what it is
    bool join;             //  join again, then send everything again
    bool lost;             //  the gradients' connection went
    bool blocked;          //  the last gradient was not taken: no connection
    gradmq_err_t refused;  //  joining again was refused
    char refusal [GRADMQ_REASON_BYTES];
    uint64_t join_after_ms;  //  the probe rests until then

    uint32_t countdown;  //  pushes until what came in is read
    uint64_t moved_ms;   //  when settled or received last grew
    uint64_t moved_settled;
    uint64_t moved_received;

    gradmq_compressor_t compressor;
    bool compresses;

    gradmq_stream_t stream;
    gradmq_rounds_t rounds;
    uint64_t clock;  //  that this worker completed, or began at
    uint64_t pushed;
    void (*on_verdict) (const gradmq_verdict_t *verdict, void *context);
    void *on_verdict_context;
};

//  As gradmq_worker_open, with times that tests shorten; NULL: the protocol's.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_open_paced (gradmq_worker_t **self_p,
                                                         const gradmq_options_t *options,
                                                         const gradmq_pace_t *pace,
                                                         gradmq_reason_t *why);

static inline uint64_t
gradmq_worker_ms (const gradmq_worker_t *self)
{
    return gradmq_session_ms (&self->session);
}

//  A message came in.
static inline void
gradmq_worker_heard (gradmq_worker_t *self)
{
    self->heard++;
    self->hearsay.heard_ms = gradmq_worker_ms (self);
}

//  ------------------------------------------------------------------------------------------------
//  progress.c

//  Do everything that can be done without waiting: read what came, ask what is to be asked, send again
//  what is due.
void gradmq_worker_progress (gradmq_worker_t *self);

//  FENCED or CLOSED where the worker is that, or what joining again was refused with.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_able (const gradmq_worker_t *self,
                                                   gradmq_reason_t *why);

//  What a wait is for: `ready` says whether it is over, `say` what it is in front of what is known
//  of the coordinator.
typedef struct {
    bool (*ready) (gradmq_worker_t *self, const void *argument);
    void (*say) (gradmq_worker_t *self, const void *argument, char *text, size_t size);
    const void *argument;
    bool settlement;  //  it ends by settlement: where nothing moves, look for what got lost
} gradmq_wait_t;

//  Make progress until `ready`, or deadline_ms.
//    errors  TIMEOUT, and those of gradmq_worker_able
GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_wait (gradmq_worker_t *self, const gradmq_wait_t *wait,
                                                   uint64_t deadline_ms, gradmq_reason_t *why);

//  Wait for one thing to come in, until deadline_ms.
void gradmq_worker_doze (gradmq_worker_t *self, uint64_t deadline_ms);

//  ------------------------------------------------------------------------------------------------
//  rejoin.c

//  A header said where the coordinator stands.
void gradmq_worker_position (gradmq_worker_t *self, const gradmq_position_t *position);

//  The same; true when it is of the process that answers now.
bool gradmq_worker_current (gradmq_worker_t *self, const gradmq_position_t *position);

//  Take in an acknowledgement.
void gradmq_worker_acknowledged (gradmq_worker_t *self, const gradmq_ack_t *ack, bool asked);

//  Look whether the probe was answered, and ask what is to be asked next.
void gradmq_worker_probe (gradmq_worker_t *self);

//  How long until there is something to look at or to ask, if no answer comes in before; UINT64_MAX:
//  nothing is asked.
uint64_t gradmq_worker_probe_wait_ms (const gradmq_worker_t *self);

//  Take over layout and endpoints; connects what is not connected, or connected elsewhere.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_worker_described (gradmq_worker_t *self,
                                                        const gradmq_description_t *description,
                                                        gradmq_reason_t *why);

//  ------------------------------------------------------------------------------------------------
//  merge.c

//  A gradient that says this is on its way.
void gradmq_worker_pushed (gradmq_worker_t *self, const gradmq_push_t *push);

//  A Join was answered: clocks never go back, and go on where a coordinator does not know them.
void gradmq_worker_joined (gradmq_worker_t *self, const gradmq_reply_t *reply);

//  ------------------------------------------------------------------------------------------------
//  updates.c, stream.c

//  Is one position after another?
static inline bool
gradmq_newer (uint64_t epoch, uint64_t version, uint64_t than_epoch, uint64_t than_version)
{
    return epoch > than_epoch || (epoch == than_epoch && version > than_version);
}

//  Read all updates that came.
void gradmq_stream_read (gradmq_worker_t *self);

//  See that subscriptions hold on both sockets: Sync until its mark was seen (rule U-4).
GRADMQ_MUST_CHECK gradmq_err_t gradmq_stream_sync (gradmq_worker_t *self, uint64_t deadline_ms,
                                                   gradmq_reason_t *why);

//  A SyncMark was seen.
void gradmq_stream_marked (gradmq_worker_t *self, uint64_t nonce, bool updates);

void gradmq_stream_close (gradmq_worker_t *self);

#endif
