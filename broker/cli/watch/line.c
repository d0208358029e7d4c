#include "cli/watch/draw.h"

#include "cli/printer.h"
#include "cli/text.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#define METRICS_SHOWN 3

static void
s_put_pair (FILE *to, const char *name, double value)
{
    char real [GRADMQ_TEXT_BYTES];
    fprintf (to, "  %s %s", name, gradmq_text_real (real, value));
}

void
gradmq_draw_line (FILE *to, const gradmq_look_t *look)
{
    time_t seconds = (time_t) (look->unix_ms / 1000);
    struct tm now;
    char clock [16] = "";
    if (localtime_r (&seconds, &now))
        strftime (clock, sizeof clock, "%H:%M:%S", &now);
    fprintf (to, "%s  %s  version %" PRIu64, clock, gradmq_state_name (look->state), look->version);
    s_put_pair (to, "versions/s", look->versions_per_s);
    s_put_pair (to, "gradients/s", look->gradients_per_s);
    s_put_pair (to, "rate", look->learning_rate);
    fprintf (to, "  queue %" PRIu64 "  members %u", look->queued_gradients, look->members);
    s_put_pair (to, "staleness", look->staleness_mean);
    for (size_t i = 0; i < look->metric_count && i < METRICS_SHOWN; i++)
        s_put_pair (to, look->metrics [i].name, look->metrics [i].value);
    if (look->why [0])
        fprintf (to, "  (%s%s%s)", look->why, look->waiting [0] ? ": " : "", look->waiting);
    fputc ('\n', to);
}

static void
s_worker (gradmq_printer_t *printer, const gradmq_roster_row_t *row)
{
    gradmq_printer_open (printer, NULL);
    gradmq_printer_text (printer, "name", row->name);
    gradmq_printer_count (printer, "incarnation", row->incarnation);
    gradmq_printer_real (printer, "gradients_per_s", row->received_per_s);
    gradmq_printer_count (printer, "received_through", row->received_through);
    gradmq_printer_count (printer, "settled_through", row->settled_through);
    gradmq_printer_count (printer, "queued", row->queued);
    gradmq_printer_count (printer, "applied", row->applied);
    gradmq_printer_count (printer, "not_applied", row->not_applied);
    gradmq_printer_count (printer, "base_version", row->base_version);
    gradmq_printer_count (printer, "clock", row->clock);
    gradmq_printer_real (printer, "staleness_mean", row->staleness_mean);
    gradmq_printer_count (printer, "seen_ms_ago", row->seen_ms_ago);
    gradmq_printer_open (printer, "metrics");
    for (size_t i = 0; i < row->metric_count; i++)
        gradmq_printer_real (printer, row->metrics [i].name, row->metrics [i].value);
    gradmq_printer_close (printer);
    gradmq_printer_close (printer);
}

static void
s_open_step (gradmq_printer_t *printer, const gradmq_look_t *look)
{
    gradmq_printer_text (printer, "policy", look->policy);
    gradmq_printer_text (printer, "rule", look->rule [0] ? look->rule : NULL);
    gradmq_printer_count (printer, "round", look->round);
    gradmq_printer_count (printer, "min_clock", look->min_clock);
    gradmq_printer_count (printer, "contributions", look->contributions);
    gradmq_printer_count (printer, "needed", look->needed);
    gradmq_printer_open_list (printer, "waiting_for");
    for (size_t i = 0; i < look->name_count; i++)
        gradmq_printer_text (printer, NULL, look->names [i]);
    gradmq_printer_close_list (printer);
    gradmq_printer_count (printer, "waiting_total", look->waiting_total);
    gradmq_printer_real (printer, "deadline_ms", look->deadline_ms);
}

static void
s_numbers (gradmq_printer_t *printer, const gradmq_look_t *look)
{
    bool stale = isfinite (look->staleness_mean);
    gradmq_printer_real (printer, "time", (double) look->unix_ms / 1000);
    gradmq_printer_text (printer, "model", look->model);
    gradmq_printer_text (printer, "state", gradmq_state_name (look->state));
    gradmq_printer_text (printer, "why", look->why);
    gradmq_printer_open (printer, "position");
    gradmq_printer_id (printer, "instance", look->instance);
    gradmq_printer_count (printer, "epoch", look->epoch);
    gradmq_printer_count (printer, "version", look->version);
    gradmq_printer_close (printer);
    gradmq_printer_real (printer, "versions_per_s", look->versions_per_s);
    gradmq_printer_real (printer, "gradients_per_s", look->gradients_per_s);
    gradmq_printer_real (printer, "learning_rate", look->learning_rate);
    gradmq_printer_count (printer, "queued_gradients", look->queued_gradients);
    gradmq_printer_count (printer, "queued_bytes", look->queued_bytes);
    gradmq_printer_count (printer, "members", look->members);
    gradmq_printer_count (printer, "received", look->received);
    gradmq_printer_count (printer, "not_applied", look->not_applied);
    gradmq_printer_real (printer, "staleness_mean", look->staleness_mean);
    gradmq_printer_real (printer, "staleness_maximum",
                         stale ? (double) look->staleness_maximum : (double) NAN);
    gradmq_printer_real (printer, "gradient_norm", look->gradient_norm);
    gradmq_printer_real (printer, "update_norm", look->update_norm);
    gradmq_printer_count (printer, "resident_bytes", look->resident_bytes);
}

void
gradmq_draw_json (FILE *to, const gradmq_look_t *look)
{
    gradmq_printer_t printer = gradmq_printer (to);
    gradmq_printer_open (&printer, NULL);
    s_numbers (&printer, look);
    s_open_step (&printer, look);
    gradmq_printer_open (&printer, "metrics");
    for (size_t i = 0; i < look->metric_count; i++)
        gradmq_printer_real (&printer, look->metrics [i].name, look->metrics [i].value);
    gradmq_printer_close (&printer);
    gradmq_printer_open_list (&printer, "workers");
    for (size_t i = 0; i < look->roster.count; i++)
        s_worker (&printer, &look->roster.members [i]);
    gradmq_printer_close_list (&printer);
    gradmq_printer_close (&printer);
    gradmq_printer_end (&printer);
}
