#include "cli/cli.h"
#include "cli/roster.h"
#include "cli/table.h"
#include "cli/text.h"

#include <inttypes.h>

static void
s_title (gradmq_table_t *table)
{
    static const char *const titles [] = {"WORKER",  "SEEN",      "LEASE",       "RECEIVED",
                                          "SETTLED", "QUEUED",    "NOT APPLIED", "BASE",
                                          "CLOCK",   "STALENESS", "METRICS"};
    for (size_t i = 0; i < sizeof titles / sizeof titles [0]; i++)
        gradmq_table_cell (table, "%s", titles [i]);
}

static void
s_row (gradmq_table_t *table, const gradmq_roster_row_t *member)
{
    char text [GRADMQ_TEXT_BYTES];
    gradmq_table_cell (table, "%s%s", member->name, member->leaving ? " (leaving)" : "");
    gradmq_table_cell (table, "%s ago", gradmq_text_span (text, member->seen_ms_ago));
    gradmq_table_cell (table, "%s", gradmq_text_span (text, member->lease_left_ms));
    gradmq_table_cell (table, "%" PRIu64, member->received_through);
    gradmq_table_cell (table, "%" PRIu64, member->settled_through);
    gradmq_table_cell (table, "%" PRIu64, member->queued);
    gradmq_table_cell (table, "%s", member->not_applied_text);
    gradmq_table_cell (table, "%" PRIu64, member->base_version);
    gradmq_table_cell (table, "%" PRIu64, member->clock);
    gradmq_table_cell (table, "%s", gradmq_text_real (text, member->staleness_mean));
    gradmq_table_cell (table, "%s", member->metrics_text);
}

static gradmq_err_t
s_print (gradmq_cli_t *cli, const gradmq_roster_t *roster, gradmq_reason_t *reason)
{
    if (!roster->count) {
        gradmq_cli_say (cli, "no worker has joined");
        return GRADMQ_OK;
    }
    gradmq_table_t *table = gradmq_table_new ("lrrrrrlrrrl");
    if (!table)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_title (table);
    for (size_t i = 0; i < roster->count; i++)
        s_row (table, &roster->members [i]);
    gradmq_table_print (table, cli->out, 0, 0, 0);
    gradmq_table_destroy (&table);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_verb_workers (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *json;
    gradmq_err_t err = gradmq_cli_connect (cli, reason);
    if (!err && cli->json) {
        err = gradmq_remote_workers (cli->remote, &json, reason);
        if (!err)
            gradmq_cli_print (cli, json);
        return err;
    }
    gradmq_roster_t roster = {.count = 0};
    if (!err)
        err = gradmq_roster_read (&roster, cli->remote, reason);
    if (!err)
        err = s_print (cli, &roster, reason);
    gradmq_roster_clear (&roster);
    return err;
}
