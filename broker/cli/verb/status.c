#include "cli/cli.h"
#include "cli/open_step.h"
#include "cli/table.h"
#include "cli/text.h"

#include <inttypes.h>

//  One line of what is known: a name and a text.
#define ROW(table, name, ...)                                                                      \
    do {                                                                                           \
        gradmq_table_cell (table, "%s", name);                                                     \
        gradmq_table_cell (table, __VA_ARGS__);                                                    \
    } while (0)

static void
s_rows_policy (gradmq_table_t *table, const gradmq_status_report_t *status)
{
    char text [GRADMQ_OPEN_STEP_BYTES];
    bool ruled = status->rule && status->rule [0];
    if (status->policy && status->policy [0])
        ROW (table, "policy", "%s%s%s; %s", status->policy, ruled ? ", rule " : "",
             ruled ? status->rule : "", gradmq_open_step_text (text, status));
    if (gradmq_open_step_waiting (text, status) [0])
        ROW (table, "waits for", "%s", text);
}

static void
s_rows_model (gradmq_table_t *table, const gradmq_reply_t *reply)
{
    const gradmq_status_report_t *status = &reply->status;
    char real [GRADMQ_TEXT_BYTES];
    ROW (table, "model", "%s", reply->model ? reply->model : "?");
    ROW (table, "state", "%s", gradmq_state_name (status->state));
    if (status->why && status->why [0])
        ROW (table, "why", "%s", status->why);
    s_rows_policy (table, status);
    if (reply->position.epoch)
        ROW (table, "position", "version %" PRIu64 " of epoch %" PRIu64, reply->position.version,
             reply->position.epoch);
    ROW (table, "size", "%" PRIu64 " parameters in %u tensors", status->elements, status->tensors);
    ROW (table, "rate", "%s, %" PRIu64 " steps into its schedule",
         gradmq_text_real (real, status->learning_rate), status->schedule_tick);
    ROW (table, "settings", "revision %" PRIu64, status->settings_revision);
    ROW (table, "members", "%u", status->members);
}

static void
s_rows_process (gradmq_table_t *table, const gradmq_status_report_t *status)
{
    char size [GRADMQ_TEXT_BYTES], span [GRADMQ_TEXT_BYTES];
    ROW (table, "queue", "%" PRIu64 " gradient%s, %s", status->queued_gradients,
         status->queued_gradients == 1 ? "" : "s", gradmq_text_size (size, status->queued_bytes));
    ROW (table, "memory", "%s, %" PRIu64 " snapshot%s held",
         gradmq_text_size (size, status->resident_bytes), status->snapshots_pinned,
         status->snapshots_pinned == 1 ? "" : "s");
    ROW (table, "durability", "%s", status->durability ? status->durability : "?");
    ROW (table, "up", "%s", gradmq_text_span (span, status->uptime_ms));
    ROW (table, "software", "%s", status->product ? status->product : "?");
}

static void
s_print_counters (FILE *to, const gradmq_status_report_t *status)
{
    gradmq_table_t *table = gradmq_table_new ("lr");
    if (!table || !status->counter_count)
        goto cleanup;
    fputs ("\ncounters\n", to);
    for (size_t i = 0; i < status->counter_count; i++) {
        gradmq_table_cell (table, "%s", status->counters [i].name);
        gradmq_table_cell (table, "%" PRIu64, status->counters [i].value);
    }
    gradmq_table_print (table, to, 2, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
}

static void
s_print_metrics (FILE *to, const gradmq_status_report_t *status)
{
    gradmq_table_t *table = gradmq_table_new ("lrl");
    if (!table || !status->metric_count)
        goto cleanup;
    char real [GRADMQ_TEXT_BYTES];
    fputs ("\nnewest metrics\n", to);
    for (size_t i = 0; i < status->metric_count; i++) {
        const gradmq_last_metric_t *metric = &status->metrics [i];
        gradmq_table_cell (table, "%s", metric->name ? metric->name : "?");
        gradmq_table_cell (table, "%s", gradmq_text_real (real, metric->value));
        gradmq_table_cell (table, "%s", metric->worker ? metric->worker : "");
    }
    gradmq_table_print (table, to, 2, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
}

static void
s_print_operations (FILE *to, const gradmq_status_report_t *status)
{
    gradmq_table_t *table = gradmq_table_new ("rlll");
    if (!table || !status->operation_count)
        goto cleanup;
    fputs ("\noperations\n", to);
    for (size_t i = 0; i < status->operation_count; i++) {
        const gradmq_operation_t *operation = &status->operations [i];
        bool failed = operation->done && operation->code;
        gradmq_table_cell (table, "%" PRIu64, operation->operation);
        gradmq_table_cell (table, "%s", operation->name ? operation->name : "?");
        gradmq_table_cell (table, "%s", !operation->done ? "runs" : failed ? "failed" : "done");
        gradmq_table_cell (table, "%s", operation->message ? operation->message : "");
    }
    gradmq_table_print (table, to, 2, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
}

static gradmq_err_t
s_print_all (FILE *to, const gradmq_reply_t *reply, gradmq_reason_t *reason)
{
    gradmq_table_t *table = gradmq_table_new ("ll");
    if (!table)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_rows_model (table, reply);
    s_rows_process (table, &reply->status);
    gradmq_table_print (table, to, 0, 0, 0);
    gradmq_table_destroy (&table);
    s_print_counters (to, &reply->status);
    s_print_metrics (to, &reply->status);
    s_print_operations (to, &reply->status);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_verb_status (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *json;
    gradmq_err_t err = gradmq_cli_connect (cli, reason);
    if (!err && cli->json) {
        err = gradmq_remote_status (cli->remote, &json, reason);
        if (!err)
            gradmq_cli_print (cli, json);
        return err;
    }
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
    if (!err)
        err = gradmq_cli_ask (cli, &request, &reply, reason);
    return err ? err : s_print_all (cli->out, reply, reason);
}
