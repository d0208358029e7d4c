#include "cli/bench/clerk.h"

#include "cli/bench/bench.h"
#include "client.h"

enum { ANSWER_MS = 20000, ORDER_MS = 120000, LOOK_MS = 1, SETTINGS = 4 };

static const char *const s_names [SETTINGS] = {"durability", "checkpoint_every",
                                               "checkpoint_interval_ms", "checkpoint_keep"};

//  Values of those; the other orders change none.
static const char *const s_values [GRADMQ_BENCH_ORDERS][SETTINGS] = {
    [GRADMQ_BENCH_KEEP_NOTHING] = {"memory", "0", "0", "1"},
    [GRADMQ_BENCH_KEEP_GRADIENTS] = {"journal", "0", "0", "1"},
    [GRADMQ_BENCH_KEEP_CHECKPOINTS] = {"checkpoint", "1", "0", "1"},
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
    gradmq_request_t checkpoint = {.command = GRADMQ_COMMAND_CHECKPOINT};
    gradmq_request_t record = {.command = GRADMQ_COMMAND_RECORD,
                               .recording = GRADMQ_BENCH_RECORDING};
    gradmq_request_t end = {.command = GRADMQ_COMMAND_RECORD, .end_recording = true};
    gradmq_request_t *requests [GRADMQ_BENCH_ORDERS] = {[GRADMQ_BENCH_CHECKPOINT] = &checkpoint,
                                                        [GRADMQ_BENCH_RECORD] = &record,
                                                        [GRADMQ_BENCH_RECORD_END] = &end};
    gradmq_err_t err =
        requests [order]
            ? gradmq_remote_call (remote, requests [order], NULL, 0, NULL, reason)
            : gradmq_remote_set_parameters (remote, s_names, s_values [order], SETTINGS, reason);
    if (err || order == GRADMQ_BENCH_RECORD || order == GRADMQ_BENCH_RECORD_END
        || order == GRADMQ_BENCH_KEEP_CHECKPOINTS)
        return err;
    return s_await_rest (remote, reason);
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
