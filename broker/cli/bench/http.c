#include "cli/bench/bench.h"
#include "cli/bench/pairs.h"
#include "cli/bench/senders.h"
#include "cli/bench/server.h"
#include "cli/bench/spectator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SENDERS = 2, SIDES = 2, READY_MS = 60000 };

#define MESSAGES_BYTES 4096u  //  up to this, speed is told in gradients a second
#define AIM 0.99
#define AIM_PROCESSOR 1.01
#define AIM_THREADS 0.01

//  A run lasts about so long, so that /metrics is asked for several times in it.
#define RUN_SECONDS 4.0
#define QUICK_SECONDS 1.5

//  Sizes, and how many gradients tell how many a run has.
static const struct {
    uint64_t bytes, gradients;
} s_sizes [] = {{4u << 10, 20000}, {1u << 20, 200}};

//  A gradmqd with those who push to it. The one that answers HTTP has a spectator, too.
typedef struct {
    gradmq_bench_server_t server;
    gradmq_bench_peer_t senders [SENDERS];
    gradmq_bench_peer_t spectator;
} s_side_t;

typedef enum { WATCHED, ALONE } s_way_t;

typedef struct {
    const gradmq_bench_t *bench;
    const char *payload;
    uint64_t bytes, gradients;
    gradmq_address_t address;
    s_side_t sides [SIDES];
    double *rates [SIDES];
    //  Processor time of gradmqd, in us a gradient: less is lost in the noise of others. That of HTTP's own
    //  threads, beside all of it, is lost in none.
    double *processor [SIDES];
    double *threads;
} s_case_t;

static gradmq_err_t
s_open_spectator (s_case_t *self, s_side_t *side, gradmq_reason_t *reason)
{
    gradmq_bench_note_t note;
    gradmq_err_t err =
        gradmq_bench_peer_open (&side->spectator, gradmq_bench_spectator, &self->address, reason);
    return err ? err : gradmq_bench_hear (side->spectator.wire, READY_MS, &note, reason);
}

static gradmq_err_t
s_open_side (s_case_t *self, s_way_t way, gradmq_reason_t *reason)
{
    s_side_t *side = &self->sides [way];
    char address [GRADMQ_ADDRESS_TEXT_BYTES];
    gradmq_address_write (&self->address, address);
    const gradmq_bench_serve_t serve = {.transport = "tcp",
                                        .optimizer = "sgd",
                                        .bytes = self->bytes,
                                        .http = way == WATCHED ? address : NULL};
    gradmq_bench_ends_t ends = {.way = GRADMQ_BENCH_OURS,
                                .senders = SENDERS,
                                .payload = self->payload,
                                .bytes = self->bytes};
    gradmq_err_t err = gradmq_bench_server_open (&side->server, self->bench, &serve, reason);
    if (err)
        return err;
    memcpy (ends.endpoint, side->server.control, sizeof ends.endpoint);
    err = gradmq_bench_senders_open (side->senders, &ends, reason);
    return err || way == ALONE ? err : s_open_spectator (self, side, reason);
}

static void
s_close_side (s_side_t *self)
{
    for (size_t i = 0; i < SENDERS; i++)
        gradmq_bench_peer_close (&self->senders [i]);
    gradmq_bench_peer_close (&self->spectator);
    gradmq_bench_server_close (&self->server);
}

static gradmq_err_t
s_push (const s_side_t *side, uint64_t gradients, double *seconds, gradmq_reason_t *reason)
{
    double begin = gradmq_bench_seconds ();
    gradmq_err_t err =
        gradmq_bench_senders_push (side->senders, SENDERS, gradients / SENDERS, reason);
    *seconds = gradmq_bench_seconds () - begin;
    return err;
}

//  Processor time of the threads that HTTP has: ours, and the library's.
static double
s_threads (const s_side_t *self)
{
    return gradmq_bench_server_threads (&self->server, "http-")
           + gradmq_bench_server_threads (&self->server, "MHD");
}

//  Who has just come up, or rests and so gives memory back to the system, would first of all pay for it.
static gradmq_err_t
s_warm (const s_case_t *self, const s_side_t *side, gradmq_reason_t *reason)
{
    double seconds;
    return s_push (side, self->gradients / 4 + SENDERS, &seconds, reason);
}

//  A run of one side; while the other is measured, nobody looks at this one.
static gradmq_err_t
s_run (const s_case_t *self, s_way_t way, size_t round, gradmq_reason_t *reason)
{
    const s_side_t *side = &self->sides [way];
    gradmq_bench_note_t note = {0};
    gradmq_err_t err = s_warm (self, side, reason);
    double seconds = 0, before = gradmq_bench_server_processor (&side->server);
    double threads_before = s_threads (side);
    if (way == WATCHED)
        gradmq_bench_tell (side->spectator.wire, &note);
    if (!err)
        err = s_push (side, self->gradients, &seconds, reason);
    if (way == WATCHED && !err) {
        gradmq_bench_tell (side->spectator.wire, &note);
        err = gradmq_bench_hear (side->spectator.wire, READY_MS, &note, reason);
    }
    const uint64_t pushed = self->gradients / SENDERS * SENDERS;
    const double count = (double) pushed;
    double amount = count;
    double used = gradmq_bench_server_processor (&side->server) - before;
    self->processor [way][round] = used * 1e6 / count;
    if (way == WATCHED)
        self->threads [round] = (s_threads (side) - threads_before) * 1e6 / count;
    if (self->bytes > MESSAGES_BYTES)
        amount *= (double) self->bytes / 1e9;
    self->rates [way][round] = amount / seconds;
    return err;
}

//  How many gradients make a run as long as it should be.
static gradmq_err_t
s_tune (s_case_t *self, gradmq_reason_t *reason)
{
    double seconds = 0, wanted = self->bench->quick ? QUICK_SECONDS : RUN_SECONDS;
    gradmq_err_t err = s_push (&self->sides [WATCHED], self->gradients, &seconds, reason);
    if (!err)
        err = s_push (&self->sides [ALONE], self->gradients, &seconds, reason);
    if (!err && seconds > 0 && seconds < wanted)
        self->gradients = (uint64_t) ((double) self->gradients * wanted / seconds);
    return err;
}

static gradmq_err_t
s_tell (const s_case_t *self, const char *name, const double *ours, const double *theirs,
        double aim, gradmq_reason_t *reason)
{
    gradmq_bench_pairs_t pairs = gradmq_bench_pairs (ours, theirs, self->bench->pairs);
    bool time = ours != self->rates [WATCHED];
    gradmq_bench_row_t row = {.bench = "http",
                              .transport = "tcp",
                              .size_bytes = self->bytes,
                              .workers = SENDERS,
                              .unit = time                           ? "us/gradient"
                                      : self->bytes > MESSAGES_BYTES ? "GB/s"
                                                                     : "gradients/s",
                              .value = pairs.value,
                              .baseline = pairs.baseline,
                              .ratio = pairs.ratio,
                              .aim = aim,
                              .sense = time ? GRADMQ_BENCH_AT_MOST : GRADMQ_BENCH_AT_LEAST};
    snprintf (row.name, sizeof row.name, "%s", name);
    if (gradmq_bench_rows_add (self->bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static gradmq_err_t
s_tell_all (const s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_tell (self, "scraped and listened to / without HTTP",
                               self->rates [WATCHED], self->rates [ALONE], AIM, reason);
    if (!err)
        err = s_tell (self, "processor time of that / without, at most", self->processor [WATCHED],
                      self->processor [ALONE], AIM_PROCESSOR, reason);
    if (!err)
        err = s_tell (self, "that of HTTP's threads / of all, at most", self->threads,
                      self->processor [WATCHED], AIM_THREADS, reason);
    return err;
}

//  Each round has two gradmqd of its own: where the system puts the memory of one makes more of a
//  difference than HTTP does, and stays as it is while that one lives.
static gradmq_err_t
s_round (s_case_t *self, size_t round, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_bench_free_address (&self->address, reason);
    for (size_t turn = 0; turn < SIDES && !err; turn++)
        err = s_open_side (self, (s_way_t) gradmq_bench_turn (round, turn, SIDES), reason);
    if (!err && round == 0)
        err = s_tune (self, reason);
    for (size_t turn = 0; turn < SIDES && !err; turn++)
        err = s_run (self, (s_way_t) gradmq_bench_turn (round, turn, SIDES), round, reason);
    for (size_t way = 0; way < SIDES; way++)
        s_close_side (&self->sides [way]);
    return err;
}

static gradmq_err_t
s_measure (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t round = 0; round < self->bench->pairs && !err; round++)
        err = s_round (self, round, reason);
    return err ? err : s_tell_all (self, reason);
}

static gradmq_err_t
s_compare (s_case_t *self, gradmq_reason_t *reason)
{
    size_t pairs = self->bench->pairs;
    double *memory = calloc ((2 * SIDES + 1) * pairs, sizeof *memory);
    if (!memory)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t way = 0; way < SIDES; way++) {
        self->rates [way] = memory + way * pairs;
        self->processor [way] = memory + (SIDES + way) * pairs;
    }
    self->threads = memory + 2 * SIDES * pairs;
    gradmq_err_t err = s_measure (self, reason);
    free (memory);
    return err;
}

gradmq_err_t
gradmq_bench_http (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    const size_t count = bench->quick ? 1 : sizeof s_sizes / sizeof s_sizes [0];
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++) {
        s_case_t one = {
            .bench = bench, .bytes = s_sizes [i].bytes, .gradients = s_sizes [i].gradients};
        gradmq_bench_say (bench, "http: %llu bytes", (unsigned long long) one.bytes);
        float *payload = malloc (one.bytes);
        if (!payload)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        for (size_t k = 0; k < one.bytes / sizeof *payload; k++)
            payload [k] = k % 2 ? 1e-6f : -1e-6f;
        one.payload = (const char *) payload;
        err = s_compare (&one, reason);
        free (payload);
    }
    return err;
}
