#include "cli/bench/bench.h"
#include "cli/bench/pairs.h"
#include "cli/bench/senders.h"
#include "cli/bench/server.h"

#include "optimize/optimizer.h"

#include <stdlib.h>
#include <string.h>

enum { SENDERS = 4, REST_LOOKS = 14, REST_MS = 250 };

#define BYTES 100000000u  //  25 million f32 parameters
#define BYTES_QUICK 32000000u
#define GRADIENTS 6u      //  of each worker under load
#define MORE (16u << 20)  //  what gradmqd may need beside model, state and a spare
#define QUEUE_BYTES (512u << 20)
#define MIB (1024.0 * 1024.0)

typedef struct {
    const gradmq_bench_t *bench;
    const char *optimizer;
    uint64_t bytes;
    const char *payload;
    uint64_t rest;  //  bound of what is held at rest
} s_case_t;

static gradmq_err_t
s_tell (const s_case_t *self, const char *what, unsigned workers, uint64_t value, uint64_t bound,
        gradmq_reason_t *reason)
{
    gradmq_bench_row_t row = {.bench = "memory",
                              .transport = "ipc",
                              .size_bytes = self->bytes,
                              .workers = workers,
                              .unit = "MiB",
                              .value = (double) value / MIB,
                              .baseline = (double) bound / MIB,
                              .ratio = (double) value / (double) bound,
                              .aim = 1,
                              .sense = GRADMQ_BENCH_AT_MOST};
    snprintf (row.name, sizeof row.name, "%s %s / bound, at most", self->optimizer, what);
    if (value == 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "the memory of gradmqd cannot be read");
    if (gradmq_bench_rows_add (self->bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

//  Resident memory once it has come to rest: the least within some seconds.
static uint64_t
s_resting (const gradmq_bench_server_t *server)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < REST_LOOKS; i++) {
        uint64_t now = gradmq_bench_server_memory (server, "VmRSS");
        least = now < least ? now : least;
        gradmq_bench_pause (REST_MS);
    }
    return least;
}

//  Each worker pushes as fast as it may.
static gradmq_err_t
s_load (const s_case_t *self, const gradmq_bench_server_t *server, gradmq_reason_t *reason)
{
    gradmq_bench_peer_t senders [SENDERS] = {{0}};
    gradmq_bench_ends_t ends = {.way = GRADMQ_BENCH_OURS,
                                .senders = SENDERS,
                                .payload = self->payload,
                                .bytes = self->bytes};
    memcpy (ends.endpoint, server->control, sizeof ends.endpoint);
    gradmq_err_t err = gradmq_bench_senders_open (senders, &ends, reason);
    if (!err)
        err = gradmq_bench_senders_push (senders, SENDERS, GRADIENTS, reason);
    for (size_t i = 0; i < SENDERS; i++)
        gradmq_bench_peer_close (&senders [i]);
    return err;
}

//  What credit lets all workers have on its way: whole gradients, at least one each.
static uint64_t
s_credit (const s_case_t *self)
{
    uint64_t each = QUEUE_BYTES / SENDERS / self->bytes;
    return SENDERS * (each ? each : 1) * self->bytes;
}

static gradmq_err_t
s_measure (const s_case_t *self, const gradmq_bench_server_t *server, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (!self->bench->quick)
        err = s_tell (self, "at rest, loaded", 0, s_resting (server), self->rest, reason);
    if (!err)
        err = s_load (self, server, reason);
    if (!err)
        err =
            s_tell (self, "peak under load", SENDERS, gradmq_bench_server_memory (server, "VmHWM"),
                    self->rest + s_credit (self), reason);
    if (!err)
        err = s_tell (self, "at rest, after load", 0, s_resting (server), self->rest, reason);
    return err;
}

static gradmq_err_t
s_case (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_say (self->bench, "memory: %s", self->optimizer);
    gradmq_bench_server_t server;
    const gradmq_bench_serve_t serve = {
        .transport = "ipc", .optimizer = self->optimizer, .bytes = self->bytes};
    size_t states = gradmq_optimizer_find (self->optimizer)->states;
    self->rest = self->bytes * (1 + states + 1) + MORE;
    gradmq_err_t err = gradmq_bench_server_open (&server, self->bench, &serve, reason);
    if (!err)
        err = s_measure (self, &server, reason);
    gradmq_bench_server_close (&server);
    return err;
}

gradmq_err_t
gradmq_bench_memory (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    static const char *const optimizers [] = {"sgd", "adam"};
    s_case_t self = {.bench = bench, .bytes = bench->quick ? BYTES_QUICK : BYTES};
    char *payload = calloc (1, self.bytes);
    if (!payload)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self.payload = payload;
    gradmq_err_t err = GRADMQ_OK;
    const size_t count = bench->quick ? 1 : sizeof optimizers / sizeof optimizers [0];
    for (size_t i = 0; i < count && !err; i++) {
        self.optimizer = optimizers [i];
        err = s_case (&self, reason);
    }
    free (payload);
    return err;
}
