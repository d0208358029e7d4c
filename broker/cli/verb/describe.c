#include "cli/cli.h"
#include "cli/settings_text.h"
#include "cli/table.h"
#include "cli/text.h"

#include "core/size.h"

#include <inttypes.h>
#include <string.h>

#define ROW(table, name, ...)                                                                      \
    do {                                                                                           \
        gradmq_table_cell (table, "%s", name);                                                     \
        gradmq_table_cell (table, __VA_ARGS__);                                                    \
    } while (0)

static void
s_row_texts (gradmq_table_t *table, const char *name, const gradmq_texts_t *texts)
{
    char line [1024] = "";
    size_t at = 0;
    for (size_t i = 0; i < texts->count && at + 1 < sizeof line; i++) {
        int length = snprintf (line + at, sizeof line - at, "%s%s", i ? " " : "", texts->items [i]);
        at += length > 0 ? (size_t) length : 0;
    }
    if (texts->count)
        ROW (table, name, "%s", line);
}

static void
s_rows_limits (gradmq_table_t *table, const gradmq_limits_t *limits)
{
    char size [GRADMQ_TEXT_BYTES];
    ROW (table, "frames", "at most %u of at most %s", limits->payload_frames,
         gradmq_text_size (size, limits->frame_bytes));
    ROW (table, "tensors", "at most %u of at most %u dimensions", limits->tensors, limits->rank);
    ROW (table, "window", "%u gradients", limits->receive_window);
}

static void
s_rows (gradmq_table_t *table, const gradmq_reply_t *reply, const char *control)
{
    const gradmq_description_t *description = &reply->description;
    char span [GRADMQ_TEXT_BYTES];
    ROW (table, "model", "%s", reply->model ? reply->model : "?");
    ROW (table, "state", "%s", gradmq_state_name (description->state));
    ROW (table, "software", "%s, protocol 1.%u", description->product ? description->product : "?",
         description->protocol_minor);
    ROW (table, "control", "%s", control);
    s_row_texts (table, "gradients", &description->gradients);
    s_row_texts (table, "updates", &description->updates);
    s_row_texts (table, "events", &description->events);
    s_row_texts (table, "publishes", &description->streams);
    s_row_texts (table, "answers", &description->stream_names);
    s_row_texts (table, "optimizers", &description->optimizers);
    s_row_texts (table, "schedules", &description->schedules);
    s_row_texts (table, "policies", &description->policies);
    s_row_texts (table, "rules", &description->rules);
    ROW (table, "heartbeat", "each %s", gradmq_text_span (span, description->heartbeat_ms));
    s_rows_limits (table, &description->limits);
}

static uint64_t
s_elements (const gradmq_tensor_spec_t *tensor)
{
    uint64_t elements = 1;
    for (uint32_t i = 0; i < tensor->rank; i++)
        if (!gradmq_size_mul (elements, tensor->shape [i], &elements))
            return UINT64_MAX;
    return elements;
}

static void
s_row_tensor (gradmq_table_t *table, const gradmq_tensor_spec_t *tensor, uint64_t elements)
{
    char shape [GRADMQ_RANK_MAX * 24] = "";
    size_t at = 0;
    for (uint32_t i = 0; i < tensor->rank && at + 24 < sizeof shape; i++)
        at += (size_t) snprintf (shape + at, sizeof shape - at, "%s%" PRIu64, i ? " x " : "",
                                 tensor->shape [i]);
    gradmq_table_cell (table, "%s", tensor->name ? tensor->name : "?");
    gradmq_table_cell (table, "%s", tensor->rank ? shape : "scalar");
    gradmq_table_cell (table, "%" PRIu64, elements);
}

static void
s_print_layout (FILE *to, const gradmq_description_t *description)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (description->layout_dtype);
    gradmq_table_t *table = gradmq_table_new ("llr");
    char id [GRADMQ_TEXT_BYTES];
    uint64_t total = 0;
    if (!table || !description->tensor_count)
        goto cleanup;
    gradmq_table_cell (table, "TENSOR");
    gradmq_table_cell (table, "SHAPE");
    gradmq_table_cell (table, "ELEMENTS");
    for (size_t i = 0; i < description->tensor_count; i++) {
        uint64_t elements = s_elements (&description->tensors [i]);
        s_row_tensor (table, &description->tensors [i], elements);
        if (!gradmq_size_add (total, elements, &total))
            total = UINT64_MAX;
    }
    fprintf (to, "\nlayout %s: %" PRIu64 " elements of %s in %zu tensors\n\n",
             gradmq_text_id (id, description->layout_id), total, dtype ? dtype->name : "?",
             description->tensor_count);
    gradmq_table_print (table, to, 0, 0, 0);
cleanup:
    gradmq_table_destroy (&table);
}

static gradmq_err_t
s_print (gradmq_cli_t *cli, const gradmq_reply_t *reply, gradmq_reason_t *reason)
{
    gradmq_table_t *table = gradmq_table_new ("ll");
    if (!table)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_rows (table, reply, cli->control);
    gradmq_table_print (table, cli->out, 0, 0, 0);
    gradmq_table_destroy (&table);
    s_print_layout (cli->out, &reply->description);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_verb_describe (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    if (gradmq_args_has (cli->args, GRADMQ_OPT_SETTINGS))
        return cli->json ? gradmq_settings_table_json (cli->out)
                         : gradmq_settings_table_print (cli->out, reason);
    const char *json;
    gradmq_err_t err = gradmq_cli_connect (cli, reason);
    if (!err && cli->json) {
        err = gradmq_remote_describe (cli->remote, &json, reason);
        if (!err)
            gradmq_cli_print (cli, json);
        return err;
    }
    const gradmq_reply_t *reply;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    if (!err)
        err = gradmq_cli_ask (cli, &request, &reply, reason);
    return err ? err : s_print (cli, reply, reason);
}
