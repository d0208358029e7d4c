#include "cli/bench/bench.h"
#include "cli/bench/pairs.h"
#include "cli/bench/raw.h"
#include "cli/bench/server.h"

#include "client.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES = 4096,
    TRIPS = 2000,
    TRIPS_QUICK = 500,
    TRIPS_MOST = 2000,
    READY_MS = 60000,
    RUN_MS = 120000,
    SIDES = 2
};

#define AIM 1.3
#define TOPIC "params/bench/f32/"

typedef struct {
    char control [GRADMQ_BENCH_ENDPOINT_BYTES];    //  of gradmqd
    char gradients [GRADMQ_BENCH_ENDPOINT_BYTES];  //  of the raw echo
    char updates [GRADMQ_BENCH_ENDPOINT_BYTES];
} s_ends_t;

static gradmq_bench_message_t
s_message (const char *payload)
{
    gradmq_bench_message_t message = {.payload = payload, .payload_bytes = BYTES};
    gradmq_bench_gradient_header (&message);
    return message;
}

//  ------------------------------------------------------------------------------------------------
//  The other end: what comes in on PULL goes out on PUB.

static gradmq_err_t
s_echo (int wire, const void *argument, gradmq_reason_t *reason)
{
    static const char payload [BYTES];
    s_ends_t ends = *(const s_ends_t *) argument;
    void *pull, *pub, *context = zmq_ctx_new ();
    gradmq_bench_tune ();
    gradmq_bench_message_t message = s_message (payload);
    message.topic_size = (size_t) snprintf (message.topic, sizeof message.topic, "%s", TOPIC);
    gradmq_err_t err = gradmq_bench_raw_bind (&pull, context, ZMQ_PULL, 0, ends.gradients, reason);
    if (!err)
        err = gradmq_bench_raw_bind (&pub, context, ZMQ_PUB, 0, ends.updates, reason);
    gradmq_bench_note_t note = {0};
    if (err)
        return err;
    snprintf (note.text, sizeof note.text, "%s", ends.gradients);
    gradmq_bench_tell (wire, &note);
    snprintf (note.text, sizeof note.text, "%s", ends.updates);
    gradmq_bench_tell (wire, &note);
    while (!err && !(err = gradmq_bench_raw_receive (pull, reason)))
        err = gradmq_bench_raw_send (pub, &message, reason);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  This end: round trips, one after the other

typedef gradmq_err_t (s_trip_fn) (void *self, gradmq_reason_t *reason);

//  Tell p50 and p99 of as many trips as are asked for.
static gradmq_err_t
s_trips (int wire, s_trip_fn *trip, void *self, gradmq_reason_t *reason)
{
    double times [TRIPS_MOST];
    gradmq_bench_note_t note;
    gradmq_err_t err = GRADMQ_OK;
    gradmq_bench_tell (wire, &(gradmq_bench_note_t){0});
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        for (size_t i = 0; i < note.count && !err; i++) {
            double begin = gradmq_bench_seconds ();
            err = trip (self, reason);
            times [i] = gradmq_bench_seconds () - begin;
        }
        for (size_t i = 0; i < 2; i++) {
            double share = i ? 0.99 : 0.5;
            const gradmq_bench_note_t told = {
                .seconds = gradmq_bench_quantile (times, (size_t) note.count, share)};
            gradmq_bench_tell (wire, &told);
        }
    }
    return err;
}

static gradmq_err_t
s_our_trip (void *self, gradmq_reason_t *reason)
{
    static const char gradient [BYTES];
    gradmq_worker_t *worker = self;
    gradmq_parameters_view_t view;
    gradmq_err_t err = gradmq_worker_push (worker, gradient, BYTES, NULL, reason);
    return err ? err : gradmq_worker_parameters (worker, GRADMQ_NEXT, &view, reason);
}

static gradmq_err_t
s_ours (int wire, const void *argument, gradmq_reason_t *reason)
{
    const s_ends_t *ends = argument;
    gradmq_worker_t *worker;
    gradmq_parameters_view_t view;
    const gradmq_options_t options = {.control = ends->control, .name = "w0"};
    gradmq_bench_tune ();
    gradmq_err_t err = gradmq_worker_open (&worker, &options, reason);
    if (err)
        return err;
    err = gradmq_worker_parameters (worker, GRADMQ_NEWEST, &view, reason);
    if (!err)
        err = s_trips (wire, s_our_trip, worker, reason);
    gradmq_worker_close (&worker, 0, NULL);
    return err;
}

typedef struct {
    void *push, *sub;
    gradmq_bench_message_t message;
} s_raw_t;

static gradmq_err_t
s_raw_trip (void *argument, gradmq_reason_t *reason)
{
    s_raw_t *self = argument;
    gradmq_err_t err = gradmq_bench_raw_send (self->push, &self->message, reason);
    return err ? err : gradmq_bench_raw_receive (self->sub, reason);
}

//  Push until the subscription has arrived, then take in what that brought.
static gradmq_err_t
s_settle (const s_raw_t *self, gradmq_reason_t *reason)
{
    zmq_pollitem_t item = {.socket = self->sub, .events = ZMQ_POLLIN};
    gradmq_err_t err = GRADMQ_OK;
    for (int i = 0; i < 1000 && !err; i++) {
        err = gradmq_bench_raw_send (self->push, &self->message, reason);
        if (zmq_poll (&item, 1, 10) > 0)
            break;
    }
    while (!err && zmq_poll (&item, 1, 100) > 0)
        err = gradmq_bench_raw_receive (self->sub, reason);
    return err;
}

static gradmq_err_t
s_theirs (int wire, const void *argument, gradmq_reason_t *reason)
{
    static const char payload [BYTES];
    const s_ends_t *ends = argument;
    void *context = zmq_ctx_new ();
    s_raw_t self = {.message = s_message (payload)};
    gradmq_bench_tune ();
    gradmq_err_t err =
        gradmq_bench_raw_connect (&self.push, context, ZMQ_PUSH, 0, ends->gradients, reason);
    if (!err)
        err = gradmq_bench_raw_connect (&self.sub, context, ZMQ_SUB, 0, ends->updates, reason);
    if (!err)
        zmq_setsockopt (self.sub, ZMQ_SUBSCRIBE, TOPIC, strlen (TOPIC));
    if (!err)
        err = s_settle (&self, reason);
    return err ? err : s_trips (wire, s_raw_trip, &self, reason);
}

//  ------------------------------------------------------------------------------------------------

static gradmq_err_t
s_tell (const gradmq_bench_t *bench, const char *transport, const char *name, double *ours,
        double *theirs, double aim, gradmq_reason_t *reason)
{
    gradmq_bench_pairs_t pairs = gradmq_bench_pairs (ours, theirs, bench->pairs);
    gradmq_bench_row_t row = {.bench = "latency",
                              .transport = transport,
                              .size_bytes = BYTES,
                              .workers = 1,
                              .unit = "us",
                              .value = pairs.value * 1e6,
                              .baseline = pairs.baseline * 1e6,
                              .ratio = pairs.ratio,
                              .aim = aim,
                              .sense = GRADMQ_BENCH_AT_MOST};
    snprintf (row.name, sizeof row.name, "push to version / raw trip, %s, at most", name);
    if (gradmq_bench_rows_add (bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static gradmq_err_t
s_run (const gradmq_bench_peer_t *peer, uint64_t trips, double *p50, double *p99,
       gradmq_reason_t *reason)
{
    gradmq_bench_note_t note = {.count = trips};
    gradmq_bench_tell (peer->wire, &note);
    gradmq_err_t err = gradmq_bench_hear (peer->wire, RUN_MS, &note, reason);
    *p50 = note.seconds;
    if (!err)
        err = gradmq_bench_hear (peer->wire, RUN_MS, &note, reason);
    *p99 = note.seconds;
    return err;
}

static gradmq_err_t
s_measure (const gradmq_bench_t *bench, const char *transport, const gradmq_bench_peer_t *peers,
           gradmq_reason_t *reason)
{
    double p50 [SIDES][GRADMQ_BENCH_PAIRS_MOST], p99 [SIDES][GRADMQ_BENCH_PAIRS_MOST];
    const uint64_t trips = bench->quick ? TRIPS_QUICK : TRIPS;
    gradmq_err_t err = s_run (&peers [0], trips / 4, p50 [0], p99 [0], reason);
    if (!err)
        err = s_run (&peers [1], trips / 4, p50 [1], p99 [1], reason);
    for (size_t round = 0; round < bench->pairs; round++)
        for (size_t turn = 0; turn < SIDES && !err; turn++) {
            size_t side = gradmq_bench_turn (round, turn, SIDES);
            err = s_run (&peers [side], trips, &p50 [side][round], &p99 [side][round], reason);
        }
    if (!err)
        err = s_tell (bench, transport, "p50", p50 [0], p50 [1], AIM, reason);
    if (!err)
        err = s_tell (bench, transport, "p99", p99 [0], p99 [1], NAN, reason);
    return err;
}

static gradmq_err_t
s_open_echo (gradmq_bench_peer_t *echo, s_ends_t *ends, gradmq_reason_t *reason)
{
    gradmq_bench_note_t note;
    gradmq_err_t err = gradmq_bench_peer_open (echo, s_echo, ends, reason);
    if (!err)
        err = gradmq_bench_hear (echo->wire, READY_MS, &note, reason);
    if (!err)
        memcpy (ends->gradients, note.text, sizeof ends->gradients);
    if (!err)
        err = gradmq_bench_hear (echo->wire, READY_MS, &note, reason);
    if (!err)
        memcpy (ends->updates, note.text, sizeof ends->updates);
    return err;
}

static gradmq_err_t
s_transport (const gradmq_bench_t *bench, const char *transport, gradmq_reason_t *reason)
{
    gradmq_bench_say (bench, "latency: over %s", transport);
    gradmq_bench_server_t server;
    gradmq_bench_peer_t echo = {0}, peers [SIDES] = {{0}};
    const gradmq_bench_serve_t serve = {.transport = transport, .optimizer = "sgd", .bytes = BYTES};
    s_ends_t ends;
    gradmq_bench_note_t note;
    gradmq_bench_endpoint (ends.gradients, transport, bench->folder, "raw1");
    gradmq_bench_endpoint (ends.updates, transport, bench->folder, "raw2");
    gradmq_err_t err = gradmq_bench_server_open (&server, bench, &serve, reason);
    memcpy (ends.control, server.control, sizeof ends.control);
    if (!err)
        err = s_open_echo (&echo, &ends, reason);
    if (!err)
        err = gradmq_bench_peer_open (&peers [0], s_ours, &ends, reason);
    if (!err)
        err = gradmq_bench_peer_open (&peers [1], s_theirs, &ends, reason);
    for (size_t i = 0; i < SIDES && !err; i++)
        err = gradmq_bench_hear (peers [i].wire, READY_MS, &note, reason);
    if (!err)
        err = s_measure (bench, transport, peers, reason);
    gradmq_bench_peer_close (&peers [0]);
    gradmq_bench_peer_close (&peers [1]);
    gradmq_bench_peer_close (&echo);
    gradmq_bench_server_close (&server);
    return err;
}

gradmq_err_t
gradmq_bench_latency (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_transport (bench, "tcp", reason);
    return err ? err : s_transport (bench, "ipc", reason);
}
