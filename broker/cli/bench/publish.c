#include "cli/bench/bench.h"
#include "cli/bench/pairs.h"
#include "cli/bench/raw.h"
#include "cli/bench/server.h"
#include "cli/bench/subscribers.h"

#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SUBSCRIBERS_MOST = 16,
    READY_MS = 60000,
    RUN_MS = 240000,
    STEP_MS = 60000,
    NUDGES = 500,
    NUDGE_MS = 20,
    SIDES = 2
};

#define AIM 0.9

static const struct {
    uint64_t bytes;
    uint64_t deliveries;  //  of a run, over all subscribers
} s_sizes [] = {{4u << 10, 8000}, {1u << 20, 400}, {100u << 20, 16}};

typedef gradmq_bench_case_t s_case_t;

//  ------------------------------------------------------------------------------------------------
//  The driver: makes steps, the next one when all subscribers have the last

typedef struct {
    const s_case_t *one;
    gradmq_worker_t *worker;
    gradmq_remote_t *remote;
    void *push;
} s_driver_t;

static gradmq_err_t
s_open_driver (s_driver_t *self, gradmq_reason_t *reason)
{
    const gradmq_options_t options = {
        .control = self->one->control, .name = "w0", .no_updates = true};
    gradmq_err_t err = gradmq_worker_open (&self->worker, &options, reason);
    if (!err)
        err = gradmq_remote_open (&self->remote, &options, reason);
    if (!err)
        err = gradmq_bench_raw_connect (&self->push, zmq_ctx_new (), ZMQ_PUSH, 0,
                                        self->one->gradients, reason);
    return err;
}

//  Have both publishers send a mark.
static gradmq_err_t
s_nudge (s_driver_t *self, gradmq_reason_t *reason)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SYNC, .nonce = 1};
    if (zmq_send (self->push, "", 0, 0) < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot send: %s", zmq_strerror (errno));
    return gradmq_remote_call (self->remote, &request, NULL, 0, NULL, reason);
}

//  Read what subscribers wrote: how many did, 0 after `timeout_ms` without any.
static size_t
s_landed (const s_case_t *self, size_t most, int timeout_ms)
{
    char kinds [2 * SUBSCRIBERS_MOST];
    struct pollfd item = {.fd = self->landed [0], .events = POLLIN};
    if (poll (&item, 1, timeout_ms) <= 0)
        return 0;
    ssize_t size = read (self->landed [0], kinds, most < sizeof kinds ? most : sizeof kinds);
    return size > 0 ? (size_t) size : 0;
}

//  Until every subscriber has seen both marks, and so gets every update.
static gradmq_err_t
s_meet (s_driver_t *self, gradmq_reason_t *reason)
{
    size_t missing = 2 * self->one->subscribers;
    gradmq_err_t err = GRADMQ_OK;
    for (int i = 0; i < NUDGES && missing && !err; i++) {
        err = s_nudge (self, reason);
        for (size_t got; missing && (got = s_landed (self->one, missing, NUDGE_MS)) > 0;)
            missing -= got;
    }
    if (!err && missing)
        err = gradmq_refuse (reason, GRADMQ_ERR_TIMEOUT, "the subscribers did not connect");
    return err;
}

static gradmq_err_t
s_drive (s_driver_t *self, bool raw, gradmq_reason_t *reason)
{
    static const float toe = 1e-6f;
    const gradmq_part_info_t part = {.tensor = 1, .data = &toe};
    gradmq_err_t err = GRADMQ_OK;
    if (!raw)
        err = gradmq_worker_push_parts (self->worker, &part, 1, NULL, reason);
    else if (zmq_send (self->push, "u", 1, 0) < 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot send: %s", zmq_strerror (errno));
    for (size_t missing = self->one->subscribers; missing && !err;) {
        size_t got = s_landed (self->one, missing, STEP_MS);
        if (!got)
            err = gradmq_refuse (reason, GRADMQ_ERR_TIMEOUT,
                                 "%zu subscribers did not get an update", missing);
        missing -= got;
    }
    return err;
}

static gradmq_err_t
s_driver (int wire, const void *argument, gradmq_reason_t *reason)
{
    s_driver_t self = {.one = argument};
    gradmq_bench_note_t note;
    gradmq_err_t err = s_open_driver (&self, reason);
    if (!err)
        err = s_meet (&self, reason);
    if (!err)
        gradmq_bench_tell (wire, &(gradmq_bench_note_t){0});
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        double begin = gradmq_bench_seconds ();
        bool raw = note.text [0] == GRADMQ_BENCH_HAS_RAW;
        for (uint64_t i = 0; i < note.count && !err; i++)
            err = s_drive (&self, raw, reason);
        note.seconds = gradmq_bench_seconds () - begin;
        if (!err)
            gradmq_bench_tell (wire, &note);
    }
    return err;
}

//  ------------------------------------------------------------------------------------------------

//  Side 0, ours, or 1; gives GB a second over all subscribers.
static gradmq_err_t
s_run (const s_case_t *self, const gradmq_bench_peer_t *driver, size_t side, uint64_t steps,
       double *speed, gradmq_reason_t *reason)
{
    gradmq_bench_note_t note = {.count = steps,
                                .text = {side ? GRADMQ_BENCH_HAS_RAW : GRADMQ_BENCH_HAS_OURS}};
    gradmq_bench_tell (driver->wire, &note);
    gradmq_err_t err = gradmq_bench_hear (driver->wire, RUN_MS, &note, reason);
    *speed = (double) (self->bytes * self->subscribers * steps) / note.seconds / 1e9;
    return err;
}

static gradmq_err_t
s_measure (const s_case_t *self, const gradmq_bench_peer_t *driver, gradmq_reason_t *reason)
{
    double speeds [SIDES][GRADMQ_BENCH_PAIRS_MOST];
    gradmq_err_t err = GRADMQ_OK;
    for (size_t side = 0; side < SIDES && !err; side++)
        err = s_run (self, driver, side, (self->steps + 3) / 4, &speeds [side][0], reason);
    for (size_t round = 0; round < self->bench->pairs; round++)
        for (size_t turn = 0; turn < SIDES && !err; turn++) {
            size_t side = gradmq_bench_turn (round, turn, SIDES);
            err = s_run (self, driver, side, self->steps, &speeds [side][round], reason);
        }
    if (err)
        return err;
    gradmq_bench_pairs_t pairs = gradmq_bench_pairs (speeds [0], speeds [1], self->bench->pairs);
    gradmq_bench_row_t row = {.bench = "publish",
                              .name = "in lockstep / raw PUB",
                              .transport = self->transport,
                              .size_bytes = self->bytes,
                              .workers = self->subscribers,
                              .unit = "GB/s",
                              .value = pairs.value,
                              .baseline = pairs.baseline,
                              .ratio = pairs.ratio,
                              .aim = AIM};
    if (gradmq_bench_rows_add (self->bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static gradmq_err_t
s_open_publisher (s_case_t *self, gradmq_bench_peer_t *publisher, gradmq_reason_t *reason)
{
    gradmq_bench_note_t note;
    gradmq_bench_endpoint (self->gradients, self->transport, self->bench->folder, "raw1");
    gradmq_bench_endpoint (self->raw, self->transport, self->bench->folder, "raw2");
    gradmq_err_t err = gradmq_bench_peer_open (publisher, gradmq_bench_publisher, self, reason);
    if (!err)
        err = gradmq_bench_hear (publisher->wire, READY_MS, &note, reason);
    if (!err)
        memcpy (self->gradients, note.text, sizeof self->gradients);
    if (!err)
        err = gradmq_bench_hear (publisher->wire, READY_MS, &note, reason);
    if (!err)
        memcpy (self->raw, note.text, sizeof self->raw);
    return err;
}

static gradmq_err_t
s_compare (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_peer_t publisher = {0}, driver = {0}, subscribers [SUBSCRIBERS_MOST] = {{0}};
    gradmq_bench_note_t note;
    gradmq_err_t err = s_open_publisher (self, &publisher, reason);
    for (unsigned i = 0; i < self->subscribers && !err; i++)
        err = gradmq_bench_peer_open (&subscribers [i], gradmq_bench_subscriber, self, reason);
    if (!err)
        err = gradmq_bench_peer_open (&driver, s_driver, self, reason);
    if (!err)
        err = gradmq_bench_hear (driver.wire, READY_MS, &note, reason);
    if (!err)
        err = s_measure (self, &driver, reason);
    gradmq_bench_peer_close (&driver);
    for (unsigned i = 0; i < self->subscribers; i++)
        gradmq_bench_peer_close (&subscribers [i]);
    gradmq_bench_peer_close (&publisher);
    return err;
}

static gradmq_err_t
s_case (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_say (self->bench, "publish: %llu bytes over %s to %u",
                      (unsigned long long) self->bytes, self->transport, self->subscribers);
    char *payload = calloc (1, self->bytes);
    if (!payload || pipe (self->landed)) {
        free (payload);
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory, or no pipe");
    }
    self->payload = payload;
    gradmq_bench_server_t server;
    const gradmq_bench_serve_t serve = {.transport = self->transport,
                                        .optimizer = "sgd",
                                        .bytes = self->bytes - sizeof (float),
                                        .toe = true};
    gradmq_err_t err = gradmq_bench_server_open (&server, self->bench, &serve, reason);
    memcpy (self->control, server.control, sizeof self->control);
    memcpy (self->updates, server.updates, sizeof self->updates);
    if (!err)
        err = s_compare (self, reason);
    gradmq_bench_server_close (&server);
    close (self->landed [0]);
    close (self->landed [1]);
    free (payload);
    return err;
}

gradmq_err_t
gradmq_bench_publish (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    static const char *const transports [] = {"tcp", "ipc"};
    static const unsigned subscribers [] = {1, 4, SUBSCRIBERS_MOST};
    const size_t sizes = sizeof s_sizes / sizeof s_sizes [0] - (bench->quick ? 1 : 0);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < sizes * 2 * 3 && !err; i++) {
        size_t size = i / 6;
        s_case_t one = {.bench = bench,
                        .transport = transports [i / 3 % 2],
                        .subscribers = subscribers [i % 3],
                        .bytes = s_sizes [size].bytes};
        uint64_t steps = s_sizes [size].deliveries / one.subscribers / (bench->quick ? 8 : 1);
        one.steps = steps ? steps : 1;
        if (!bench->quick || i / 3 % 2 == 0)
            err = s_case (&one, reason);
    }
    return err;
}
