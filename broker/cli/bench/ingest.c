#include "cli/bench/bench.h"
#include "cli/bench/pairs.h"
#include "cli/bench/raw.h"
#include "cli/bench/senders.h"
#include "cli/bench/server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SENDERS_MOST = 4, READY_MS = 60000, RUN_MS = 120000 };

#define QUEUE_BYTES (512u << 20)  //  what gradmqd takes in at most, unless it is told otherwise
#define MESSAGES_BYTES 4096u      //  up to this, speed is told in gradients a second
#define QUICK_BYTES (64u << 20)   //  larger gradients are left out of a quick run

//  Sizes, and how many gradients a run has.
static const struct {
    uint64_t bytes;
    uint64_t gradients;
    double aim_tuned, aim_default;  //  0: none
} s_sizes [] = {{1u << 10, 80000, 0.7, 0},
                {4u << 10, 40000, 0.7, 0},
                {1u << 20, 600, 0, 0},
                {100u << 20, 12, 0.85, 2.5}};

//  What one case is run with.
typedef struct {
    const gradmq_bench_t *bench;
    const char *transport;
    unsigned workers;
    uint64_t bytes;
    uint64_t gradients;
    const char *payload;
    double aim [GRADMQ_BENCH_WAYS];
} s_case_t;

typedef struct {
    gradmq_bench_peer_t receiver;
    gradmq_bench_peer_t senders [SENDERS_MOST];
} s_side_t;

static const char *
s_name (gradmq_bench_way_t way)
{
    static const char *const names [] = {
        [GRADMQ_BENCH_TUNED] = "settled / tuned libzmq",
        [GRADMQ_BENCH_DEFAULT] = "settled / default libzmq",
        [GRADMQ_BENCH_STREAM] = "settled / raw socket",
    };
    return names [way];
}

//  As much may be on its way as gradmqd gives credit for.
static int
s_mark (const s_case_t *self, gradmq_bench_way_t way)
{
    uint64_t mark = QUEUE_BYTES / self->workers / self->bytes;
    if (way == GRADMQ_BENCH_DEFAULT && mark >= 1000)
        return 0;
    return mark < 1 ? 1 : mark > 4096 ? 4096 : (int) mark;
}

static gradmq_err_t
s_open_receiver (const s_case_t *self, s_side_t *side, gradmq_bench_ends_t *ends,
                 gradmq_reason_t *reason)
{
    char name [16];
    gradmq_bench_note_t note;
    snprintf (name, sizeof name, "raw%d", (int) ends->way);
    gradmq_bench_endpoint (ends->endpoint, self->transport, self->bench->folder, name);
    gradmq_err_t err =
        gradmq_bench_peer_open (&side->receiver, gradmq_bench_receiver, ends, reason);
    if (!err)
        err = gradmq_bench_hear (side->receiver.wire, READY_MS, &note, reason);
    if (!err)
        memcpy (ends->endpoint, note.text, sizeof ends->endpoint);
    return err;
}

static gradmq_err_t
s_open_side (const s_case_t *self, s_side_t *side, gradmq_bench_way_t way, const char *control,
             gradmq_reason_t *reason)
{
    gradmq_bench_ends_t ends = {.way = way,
                                .senders = self->workers,
                                .payload = self->payload,
                                .bytes = self->bytes,
                                .mark = s_mark (self, way)};
    gradmq_err_t err = GRADMQ_OK;
    gradmq_bench_note_t note;
    if (way == GRADMQ_BENCH_OURS)
        memcpy (ends.endpoint, control, sizeof ends.endpoint);
    else
        err = s_open_receiver (self, side, &ends, reason);
    for (; !err && ends.index < self->workers; ends.index++) {
        gradmq_bench_peer_t *sender = &side->senders [ends.index];
        err = gradmq_bench_peer_open (sender, gradmq_bench_sender, &ends, reason);
        if (!err)
            err = gradmq_bench_hear (sender->wire, READY_MS, &note, reason);
    }
    return err;
}

static void
s_close_side (s_side_t *side)
{
    for (size_t i = 0; i < SENDERS_MOST; i++)
        gradmq_bench_peer_close (&side->senders [i]);
    gradmq_bench_peer_close (&side->receiver);
}

//  Move `gradients` of them and say how long it took.
static gradmq_err_t
s_run (const s_case_t *self, const s_side_t *side, uint64_t gradients, double *seconds,
       gradmq_reason_t *reason)
{
    const gradmq_bench_note_t share = {.count = gradients / self->workers};
    const gradmq_bench_note_t all = {.count = share.count * self->workers};
    gradmq_bench_note_t note;
    double begin = gradmq_bench_seconds ();
    gradmq_err_t err = GRADMQ_OK;
    if (side->receiver.process)
        gradmq_bench_tell (side->receiver.wire, &all);
    for (unsigned i = 0; i < self->workers; i++)
        gradmq_bench_tell (side->senders [i].wire, &share);
    for (unsigned i = 0; i < self->workers && !err; i++)
        err = gradmq_bench_hear (side->senders [i].wire, RUN_MS, &note, reason);
    if (side->receiver.process && !err)
        err = gradmq_bench_hear (side->receiver.wire, RUN_MS, &note, reason);
    *seconds = gradmq_bench_seconds () - begin;
    return err;
}

//  A run of one side, warm: whoever rests while the others run gives memory back to the system, and
//  large gradients would first of all pay for its return.
static gradmq_err_t
s_run_warm (const s_case_t *self, const s_side_t *side, double *seconds, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (self->bytes > MESSAGES_BYTES)
        err = s_run (self, side, (self->gradients + 1) / 2, seconds, reason);
    return err ? err : s_run (self, side, self->gradients, seconds, reason);
}

//  Speeds of all sides, by turns: [way][round].
static gradmq_err_t
s_measure (const s_case_t *self, const s_side_t *sides, double *speeds [GRADMQ_BENCH_WAYS],
           gradmq_reason_t *reason)
{
    uint64_t moved = self->gradients / self->workers * self->workers;
    double amount = (double) moved;
    if (self->bytes > MESSAGES_BYTES)
        amount *= (double) self->bytes / 1e9;
    double seconds;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t way = 0; way < GRADMQ_BENCH_WAYS && !err; way++)
        err = s_run (self, &sides [way], (self->gradients + 3) / 4, &seconds, reason);
    for (size_t round = 0; round < self->bench->pairs; round++)
        for (size_t turn = 0; turn < GRADMQ_BENCH_WAYS && !err; turn++) {
            size_t way = gradmq_bench_turn (round, turn, GRADMQ_BENCH_WAYS);
            err = s_run_warm (self, &sides [way], &seconds, reason);
            speeds [way][round] = amount / seconds;
        }
    return err;
}

static gradmq_err_t
s_tell (const s_case_t *self, double *speeds [GRADMQ_BENCH_WAYS], gradmq_reason_t *reason)
{
    for (gradmq_bench_way_t way = GRADMQ_BENCH_TUNED; way < GRADMQ_BENCH_WAYS; way++) {
        gradmq_bench_pairs_t pairs =
            gradmq_bench_pairs (speeds [GRADMQ_BENCH_OURS], speeds [way], self->bench->pairs);
        gradmq_bench_row_t row = {.bench = "ingest",
                                  .transport = self->transport,
                                  .size_bytes = self->bytes,
                                  .workers = self->workers,
                                  .unit = self->bytes > MESSAGES_BYTES ? "GB/s" : "gradients/s",
                                  .value = pairs.value,
                                  .baseline = pairs.baseline,
                                  .ratio = pairs.ratio,
                                  .aim = self->aim [way] > 0 ? self->aim [way] : NAN};
        snprintf (row.name, sizeof row.name, "%s", s_name (way));
        if (gradmq_bench_rows_add (self->bench->rows, &row))
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_compare (const s_case_t *self, const char *control, gradmq_reason_t *reason)
{
    s_side_t sides [GRADMQ_BENCH_WAYS] = {{.receiver = {0}}};
    double *speeds [GRADMQ_BENCH_WAYS];
    double *memory = calloc (GRADMQ_BENCH_WAYS * self->bench->pairs, sizeof *memory);
    if (!memory)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = GRADMQ_OK;
    for (gradmq_bench_way_t way = 0; way < GRADMQ_BENCH_WAYS && !err; way++) {
        speeds [way] = memory + way * self->bench->pairs;
        err = s_open_side (self, &sides [way], way, control, reason);
    }
    if (!err)
        err = s_measure (self, sides, speeds, reason);
    if (!err)
        err = s_tell (self, speeds, reason);
    for (size_t way = 0; way < GRADMQ_BENCH_WAYS; way++)
        s_close_side (&sides [way]);
    free (memory);
    return err;
}

static gradmq_err_t
s_case (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_say (self->bench, "ingest: %llu bytes over %s from %u",
                      (unsigned long long) self->bytes, self->transport, self->workers);
    float *payload = malloc (self->bytes);
    if (!payload)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < self->bytes / sizeof *payload; i++)
        payload [i] = i % 2 ? 1e-6f : -1e-6f;
    self->payload = (const char *) payload;
    gradmq_bench_server_t server;
    const gradmq_bench_serve_t serve = {
        .transport = self->transport, .optimizer = "sgd", .bytes = self->bytes};
    gradmq_err_t err = gradmq_bench_server_open (&server, self->bench, &serve, reason);
    if (!err)
        err = s_compare (self, server.control, reason);
    gradmq_bench_server_close (&server);
    free (payload);
    return err;
}

gradmq_err_t
gradmq_bench_ingest (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    //  A quick run leaves out ipc.
    static const struct {
        const char *transport;
        unsigned workers;
    } ways [] = {{"tcp", 1}, {"tcp", SENDERS_MOST}, {"ipc", 1}, {"ipc", SENDERS_MOST}};
    const size_t count = bench->quick ? 2 : sizeof ways / sizeof ways [0];
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < sizeof s_sizes / sizeof s_sizes [0]; i++)
        for (size_t j = 0; j < count && !err; j++) {
            if (bench->quick && s_sizes [i].bytes > QUICK_BYTES)
                continue;
            s_case_t one = {.bench = bench,
                            .transport = ways [j].transport,
                            .workers = ways [j].workers,
                            .bytes = s_sizes [i].bytes,
                            .gradients = s_sizes [i].gradients / (bench->quick ? 8 : 1),
                            .aim = {[GRADMQ_BENCH_TUNED] = s_sizes [i].aim_tuned,
                                    [GRADMQ_BENCH_DEFAULT] = s_sizes [i].aim_default}};
            err = s_case (&one, reason);
        }
    return err;
}
