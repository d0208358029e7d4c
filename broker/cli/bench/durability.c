#include "cli/bench/bench.h"
#include "cli/bench/clerk.h"
#include "cli/bench/disk.h"
#include "cli/bench/pairs.h"
#include "cli/bench/senders.h"
#include "cli/bench/server.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENDERS_MOST = 4, READY_MS = 60000 };

#define MESSAGES_BYTES 4096u     //  up to this, speed is told in gradients a second
#define QUICK_BYTES (64u << 20)  //  larger gradients are left out of a quick run

//  Sizes, and how many gradients a run has. What a small gradient costs is its share of a sync, and
//  that depends on the disk more than on us: it has no aim.
static const struct {
    uint64_t bytes;
    uint64_t gradients;
    double aim_disk;         //  journal against the disk's own speed; 0: none
    double aim_checkpoints;  //  with checkpoints against without
    double aim_checkpoint;   //  one checkpoint against the same bytes written, at most
} s_sizes [] = {
    {4u << 10, 16000, 0, 0, 0}, {1u << 20, 256, 0.8, 0.7, 0}, {100u << 20, 8, 0.8, 0.5, 1.5}};

//  What is measured in one case, by turns.
typedef enum {
    MEMORY,
    JOURNAL,
    DISK,
    CHECKPOINTS,
    RECORDED,
    SIDES,
    CHECKPOINT = SIDES,
    PLAIN,
    ALL
} s_way_t;

//  What the clerk is told before the gradients of a way, and after them.
static const struct {
    gradmq_bench_order_t before, after;
} s_orders [SIDES] = {
    [MEMORY] = {GRADMQ_BENCH_KEEP_NOTHING, GRADMQ_BENCH_KEEP_NOTHING},
    [JOURNAL] = {GRADMQ_BENCH_KEEP_GRADIENTS, GRADMQ_BENCH_KEEP_NOTHING},
    [CHECKPOINTS] = {GRADMQ_BENCH_KEEP_CHECKPOINTS, GRADMQ_BENCH_KEEP_NOTHING},
    //  Durability stays memory. Nothing is synced: what the disk still has to do is left to it.
    [RECORDED] = {GRADMQ_BENCH_RECORD, GRADMQ_BENCH_RECORD_END},
};

typedef struct {
    const gradmq_bench_t *bench;
    char folder [GRADMQ_BENCH_FOLDER_BYTES];  //  on the disk
    const char *payload;
    unsigned workers;
    size_t size;  //  row of s_sizes
    uint64_t gradients;
    gradmq_bench_groups_t groups;  //  that the newest run with a journal brought to the disk
    gradmq_bench_peer_t clerk;
    gradmq_bench_peer_t senders [SENDERS_MOST];
    double *found [ALL];  //  a number a round: rates; of CHECKPOINT and PLAIN ms
} s_case_t;

static uint64_t
s_bytes (const s_case_t *self)
{
    return s_sizes [self->size].bytes;
}

//  What `seconds` for all gradients of a run come to.
static double
s_rate (const s_case_t *self, double seconds)
{
    uint64_t moved = self->gradients / self->workers * self->workers;
    double amount = (double) moved;
    if (s_bytes (self) > MESSAGES_BYTES)
        amount *= (double) s_bytes (self) / 1e9;
    return amount / seconds;
}

static gradmq_err_t
s_push (const s_case_t *self, uint64_t gradients, double *seconds, gradmq_reason_t *reason)
{
    double begin = gradmq_bench_seconds ();
    gradmq_err_t err =
        gradmq_bench_senders_push (self->senders, self->workers, gradients / self->workers, reason);
    *seconds = gradmq_bench_seconds () - begin;
    return err;
}

//  The groups of a journal by hand; some of them before, as all sides run warm.
static gradmq_err_t
s_run_disk (const s_case_t *self, double *seconds, gradmq_reason_t *reason)
{
    gradmq_bench_groups_t some = self->groups;
    some.count = (some.count + 1) / 2;
    gradmq_err_t err = gradmq_bench_disk_write (self->folder, &some, seconds, reason);
    return err ? err : gradmq_bench_disk_write (self->folder, &self->groups, seconds, reason);
}

static gradmq_err_t
s_remove_recording (const s_case_t *self, gradmq_reason_t *reason)
{
    char path [GRADMQ_BENCH_FOLDER_BYTES + sizeof GRADMQ_BENCH_RECORDING];
    snprintf (path, sizeof path, "%s/" GRADMQ_BENCH_RECORDING, self->folder);
    if (unlink (path))
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot remove it: %s", path,
                              strerror (errno));
    return GRADMQ_OK;
}

//  What a way has written is not left to whoever comes next.
static gradmq_err_t
s_tidy (const s_case_t *self, s_way_t way, gradmq_reason_t *reason)
{
    if (way == RECORDED)
        return s_remove_recording (self, reason);
    //  A checkpoint removes the journal.
    return way == JOURNAL
               ? gradmq_bench_clerk_do (&self->clerk, GRADMQ_BENCH_CHECKPOINT, NULL, reason)
               : GRADMQ_OK;
}

//  A run of gradmqd, warm.
static gradmq_err_t
s_run_gradients (s_case_t *self, s_way_t way, double *seconds, gradmq_reason_t *reason)
{
    uint64_t from = 0;
    gradmq_err_t err = gradmq_bench_clerk_do (&self->clerk, s_orders [way].before, NULL, reason);
    if (!err)
        err = s_push (self, (self->gradients + 1) / 2, seconds, reason);
    if (!err && way == JOURNAL)
        err = gradmq_bench_journal_length (self->folder, &from, reason);
    if (!err)
        err = s_push (self, self->gradients, seconds, reason);
    if (!err && way == JOURNAL) {
        gradmq_bench_groups_clear (&self->groups);
        err = gradmq_bench_journal_groups (&self->groups, self->folder, from, reason);
    }
    if (!err)
        err = gradmq_bench_clerk_do (&self->clerk, s_orders [way].after, NULL, reason);
    return err ? err : s_tidy (self, way, reason);
}

static gradmq_err_t
s_run (s_case_t *self, s_way_t way, size_t round, gradmq_reason_t *reason)
{
    double seconds = 0;
    gradmq_err_t err = way == DISK ? s_run_disk (self, &seconds, reason)
                                   : s_run_gradients (self, way, &seconds, reason);
    self->found [way][round] = s_rate (self, seconds);
    return err;
}

//  One checkpoint, and as many bytes by hand.
static gradmq_err_t
s_run_checkpoint (const s_case_t *self, size_t round, gradmq_reason_t *reason)
{
    double ours = 0, plain = 0;
    gradmq_bench_groups_t group = {0};
    gradmq_err_t err = gradmq_bench_clerk_do (&self->clerk, GRADMQ_BENCH_CHECKPOINT, &ours, reason);
    if (!err && gradmq_bench_groups_add (&group, s_bytes (self)))
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    if (!err)
        err = gradmq_bench_disk_write (self->folder, &group, &plain, reason);
    gradmq_bench_groups_clear (&group);
    self->found [CHECKPOINT][round] = ours * 1e3;
    self->found [PLAIN][round] = plain * 1e3;
    return err;
}

static bool
s_wanted (const s_case_t *self, s_way_t way)
{
    if (way == CHECKPOINTS || way == CHECKPOINT)
        return s_bytes (self) > MESSAGES_BYTES && self->workers == SENDERS_MOST;
    return true;
}

static gradmq_err_t
s_measure (s_case_t *self, gradmq_reason_t *reason)
{
    double seconds;
    //  The disk may come first and needs the groups of a journal.
    gradmq_err_t err = s_run_gradients (self, JOURNAL, &seconds, reason);
    for (size_t round = 0; round < self->bench->pairs; round++) {
        for (size_t turn = 0; turn < SIDES && !err; turn++) {
            s_way_t way = (s_way_t) gradmq_bench_turn (round, turn, SIDES);
            if (s_wanted (self, way))
                err = s_run (self, way, round, reason);
        }
        if (!err && s_wanted (self, CHECKPOINT))
            err = s_run_checkpoint (self, round, reason);
    }
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  What it comes to

static gradmq_err_t
s_tell (const s_case_t *self, const char *name, s_way_t ours, s_way_t theirs, double aim,
        gradmq_reason_t *reason)
{
    bool time = ours == CHECKPOINT;
    gradmq_bench_pairs_t pairs =
        gradmq_bench_pairs (self->found [ours], self->found [theirs], self->bench->pairs);
    gradmq_bench_row_t row = {.bench = "durability",
                              .transport = time ? "none" : "ipc",
                              .size_bytes = s_bytes (self),
                              .workers = time ? 0 : self->workers,
                              .unit = time                              ? "ms"
                                      : s_bytes (self) > MESSAGES_BYTES ? "GB/s"
                                                                        : "gradients/s",
                              .value = pairs.value,
                              .baseline = pairs.baseline,
                              .ratio = pairs.ratio,
                              .aim = aim > 0 ? aim : NAN,
                              .sense = time ? GRADMQ_BENCH_AT_MOST : GRADMQ_BENCH_AT_LEAST};
    snprintf (row.name, sizeof row.name, "%s", name);
    if (gradmq_bench_rows_add (self->bench->rows, &row))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    return GRADMQ_OK;
}

static gradmq_err_t
s_tell_all (const s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_tell (self, "journal / memory", JOURNAL, MEMORY, 0, reason);
    if (!err)
        err = s_tell (self, "journal / write and fdatasync", JOURNAL, DISK,
                      s_sizes [self->size].aim_disk, reason);
    if (!err)
        err = s_tell (self, "recorded / not", RECORDED, MEMORY, 0, reason);
    if (!err && s_wanted (self, CHECKPOINTS))
        err = s_tell (self, "checkpoints back to back / none", CHECKPOINTS, MEMORY,
                      s_sizes [self->size].aim_checkpoints, reason);
    if (!err && s_wanted (self, CHECKPOINT))
        err = s_tell (self, "checkpoint / write and fsync, at most", CHECKPOINT, PLAIN,
                      s_sizes [self->size].aim_checkpoint, reason);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  Who takes part

static gradmq_err_t
s_open_peers (s_case_t *self, const char *control, gradmq_reason_t *reason)
{
    gradmq_bench_ends_t ends = {.way = GRADMQ_BENCH_OURS,
                                .senders = self->workers,
                                .payload = self->payload,
                                .bytes = s_bytes (self)};
    gradmq_bench_note_t note;
    memcpy (ends.endpoint, control, sizeof ends.endpoint);
    gradmq_err_t err = gradmq_bench_peer_open (&self->clerk, gradmq_bench_clerk, control, reason);
    if (!err)
        err = gradmq_bench_hear (self->clerk.wire, READY_MS, &note, reason);
    return err ? err : gradmq_bench_senders_open (self->senders, &ends, reason);
}

static gradmq_err_t
s_compare (s_case_t *self, const char *control, gradmq_reason_t *reason)
{
    double *memory = calloc (ALL * self->bench->pairs, sizeof *memory);
    if (!memory)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t way = 0; way < ALL; way++)
        self->found [way] = memory + way * self->bench->pairs;
    gradmq_err_t err = s_open_peers (self, control, reason);
    if (!err)
        err = s_measure (self, reason);
    if (!err)
        err = s_tell_all (self, reason);
    gradmq_bench_peer_close (&self->clerk);
    for (size_t i = 0; i < SENDERS_MOST; i++)
        gradmq_bench_peer_close (&self->senders [i]);
    gradmq_bench_groups_clear (&self->groups);
    free (memory);
    return err;
}

static gradmq_err_t
s_case (s_case_t *self, gradmq_reason_t *reason)
{
    gradmq_bench_server_t server = {0};
    gradmq_bench_say (self->bench, "durability: %llu bytes from %u",
                      (unsigned long long) s_bytes (self), self->workers);
    float *payload = malloc (s_bytes (self));
    if (!payload)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < s_bytes (self) / sizeof *payload; i++)
        payload [i] = i % 2 ? 1e-6f : -1e-6f;
    self->payload = (const char *) payload;
    gradmq_err_t err = gradmq_bench_disk_open (self->folder, reason);
    const gradmq_bench_serve_t serve = {
        .transport = "ipc", .optimizer = "sgd", .bytes = s_bytes (self), .state = self->folder};
    if (!err)
        err = gradmq_bench_server_open (&server, self->bench, &serve, reason);
    if (!err)
        err = s_compare (self, server.control, reason);
    gradmq_bench_server_close (&server);
    gradmq_bench_disk_close (self->folder);
    free (payload);
    return err;
}

gradmq_err_t
gradmq_bench_durability (const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    //  A quick run leaves out the single worker.
    static const unsigned workers [] = {SENDERS_MOST, 1};
    const size_t count = bench->quick ? 1 : sizeof workers / sizeof workers [0];
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < sizeof s_sizes / sizeof s_sizes [0]; i++)
        for (size_t j = 0; j < count && !err; j++) {
            if (bench->quick && s_sizes [i].bytes > QUICK_BYTES)
                continue;
            s_case_t self = {.bench = bench,
                             .workers = workers [j],
                             .size = i,
                             .gradients = s_sizes [i].gradients / (bench->quick ? 8 : 1)};
            err = s_case (&self, reason);
        }
    return err;
}
