#include "cli/bench/clerk.h"

#include "cli/bench/bench.h"
#include "client.h"

enum { ANSWER_MS = 20000, ORDER_MS = 120000, LOOK_MS = 1, SETTINGS = 4 };

static const char *const s_names [SETTINGS] = {"durability", "checkpoint_every",
                                               "checkpoint_interval_ms", "checkpoint_keep"};

//  What the orders come to.
static const struct {
    gradmq_request_t request;       //  of no command: the settings are changed
    const char *values [SETTINGS];  //  to these
    bool awaited;                   //  until no checkpoint is being written
} s_orders [GRADMQ_BENCH_ORDERS] = {
    [GRADMQ_BENCH_KEEP_NOTHING] = {.values = {"memory", "0", "0", "1"}, .awaited = true},
    [GRADMQ_BENCH_KEEP_GRADIENTS] = {.values = {"journal", "0", "0", "1"}, .awaited = true},
    [GRADMQ_BENCH_KEEP_CHECKPOINTS] = {.values = {"checkpoint", "1", "0", "1"}},
    [GRADMQ_BENCH_CHECKPOINT] = {.request = {.command = GRADMQ_COMMAND_CHECKPOINT},
                                 .awaited = true},
    [GRADMQ_BENCH_RECORD] = {.request = {.command = GRADMQ_COMMAND_RECORD,
                                         .recording = GRADMQ_BENCH_RECORDING}},
    [GRADMQ_BENCH_RECORD_END] = {.request = {.command = GRADMQ_COMMAND_RECORD,
                                             .end_recording = true}},
};

//  Ask until no checkpoint is being written. The answers keep the coordinator awake, so it notices the
//  end at once.
static gradmq_err_t
s_await_rest (gradmq_remote_t *remote, gradmq_reason_t *reason)
{
    for (;;) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
        const gradmq_reply_t *reply;
        bool busy = false;
        gradmq_err_t err = gradmq_remote_call (remote, &request, NULL, 0, &reply, reason);
        if (err)
            return err;
        for (size_t i = 0; i < reply->status.operation_count; i++) {
            const gradmq_operation_t *operation = &reply->status.operations [i];
            busy |= !operation->done;
            if (operation->code)
                return gradmq_refuse (reason, (gradmq_err_t) operation->code, "%s",
                                      operation->message);
        }
        if (!busy)
            return GRADMQ_OK;
        gradmq_bench_pause (LOOK_MS);
    }
}

static gradmq_err_t
s_do (gradmq_remote_t *remote, gradmq_bench_order_t order, gradmq_reason_t *reason)
{
    gradmq_request_t request = s_orders [order].request;
    gradmq_err_t err = request.command
                           ? gradmq_remote_call (remote, &request, NULL, 0, NULL, reason)
                           : gradmq_remote_set_parameters (remote, s_names, s_orders [order].values,
                                                           SETTINGS, reason);
    return err || !s_orders [order].awaited ? err : s_await_rest (remote, reason);
}

gradmq_err_t
gradmq_bench_clerk (int wire, const void *argument, gradmq_reason_t *reason)
{
    gradmq_remote_t *remote;
    const gradmq_options_t options = {
        .control = argument, .timeout_ms = ANSWER_MS, .request_ms = ANSWER_MS};
    gradmq_err_t err = gradmq_remote_open (&remote, &options, reason);
    if (err)
        return err;
    gradmq_remote_set_timeout (remote, ORDER_MS);
    gradmq_bench_note_t note = {0};
    gradmq_bench_tell (wire, &note);
    while (!err && !(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        double begin = gradmq_bench_seconds ();
        err = s_do (remote, (gradmq_bench_order_t) note.count, reason);
        note.seconds = gradmq_bench_seconds () - begin;
        if (!err)
            gradmq_bench_tell (wire, &note);
    }
    gradmq_remote_close (&remote);
    return err;
}

gradmq_err_t
gradmq_bench_clerk_do (const gradmq_bench_peer_t *self, gradmq_bench_order_t order, double *seconds,
                       gradmq_reason_t *reason)
{
    gradmq_bench_note_t note = {.count = order};
    gradmq_bench_tell (self->wire, &note);
    gradmq_err_t err = gradmq_bench_hear (self->wire, ORDER_MS, &note, reason);
    if (seconds)
        *seconds = note.seconds;
    return err;
}
