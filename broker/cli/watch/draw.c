#include "cli/watch/draw.h"

#include "cli/table.h"
#include "cli/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRAIL_COLUMNS 30
#define METRICS_SHOWN 6
#define LINE_BYTES 1024

#define PLAIN ""
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define REVERSE "\033[7m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"

//  A canvas and how many of its lines are used.
typedef struct {
    FILE *to;
    const gradmq_canvas_t *canvas;
    size_t used;
} s_brush_t;

static size_t
s_left (const s_brush_t *self)
{
    if (!self->canvas->lines)
        return SIZE_MAX;
    return self->canvas->lines > self->used ? self->canvas->lines - self->used : 0;
}

//  One line, cut to the canvas; `text` is clean.
static void
s_put (s_brush_t *self, const char *style, const char *text)
{
    if (!s_left (self))
        return;
    size_t length = gradmq_text_fit (text, self->canvas->columns);
    bool styled = self->canvas->color && style [0];
    fprintf (self->to, "%s%.*s%s\n", styled ? style : "", (int) length, text,
             styled ? "\033[0m" : "");
    self->used++;
}

static void GRADMQ_PRINTF (3, 4)
    s_print (s_brush_t *self, const char *style, const char *format, ...)
{
    char text [LINE_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    s_put (self, style, text);
}

//  A printed table, its first line as a title.
static void
s_put_table (s_brush_t *self, const gradmq_table_t *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    if (!memory)
        return;
    gradmq_table_print (table, memory, 0, self->canvas->columns, s_left (self));
    if (fclose (memory) == 0) {
        const char *style = REVERSE;
        for (char *line = text, *end; (end = strchr (line, '\n')); line = end + 1) {
            *end = 0;
            s_put (self, style, line);
            style = PLAIN;
        }
    }
    free (text);
}

static const char *
s_state_style (const gradmq_scene_t *scene)
{
    if (scene->silence || scene->look->state == GRADMQ_STATE_CLOSING)
        return RED;
    return scene->look->state == GRADMQ_STATE_RUNNING ? GREEN : YELLOW;
}

static void
s_draw_head (s_brush_t *self, const gradmq_scene_t *scene)
{
    const gradmq_look_t *look = scene->look;
    char span [GRADMQ_TEXT_BYTES], control [256];
    gradmq_text_clean (control, sizeof control, scene->control);
    s_print (self, BOLD, "%s  %s  up %s", look->model, control,
             gradmq_text_span (span, look->uptime_ms));
    s_print (self, s_state_style (scene), "%s%s%s",
             scene->silence ? "NO ANSWER" : gradmq_state_name (look->state),
             scene->silence || look->why [0] ? ": " : "",
             scene->silence ? scene->silence : look->why);
}

static void
s_draw_numbers (s_brush_t *self, const gradmq_scene_t *scene)
{
    const gradmq_look_t *look = scene->look;
    char a [GRADMQ_TEXT_BYTES], b [GRADMQ_TEXT_BYTES], trail [GRADMQ_TRAIL_BYTES (TRAIL_COLUMNS)];
    bool utf8 = self->canvas->utf8;
    s_put (self, PLAIN, "");
    s_print (self, PLAIN, "version    %-16" PRIu64 "versions/s   %-8s %s", look->version,
             gradmq_text_real (a, look->versions_per_s),
             gradmq_trail_draw (&scene->trails->versions, trail, TRAIL_COLUMNS, utf8));
    s_print (self, PLAIN, "rate       %-16sgradients/s  %-8s %s",
             gradmq_text_real (a, look->learning_rate), gradmq_text_real (b, look->gradients_per_s),
             gradmq_trail_draw (&scene->trails->gradients, trail, TRAIL_COLUMNS, utf8));
    s_print (self, PLAIN, "queue      %-16" PRIu64 "staleness    %-8s at most %" PRIu64,
             look->queued_gradients, gradmq_text_real (a, look->staleness_mean),
             look->staleness_maximum);
    s_print (self, PLAIN, "members    %-16u%s%s%s%s", look->members,
             isfinite (look->gradient_norm) ? "norms        gradient " : "",
             isfinite (look->gradient_norm) ? gradmq_text_real (a, look->gradient_norm) : "",
             isfinite (look->update_norm) ? ", update " : "",
             isfinite (look->update_norm) ? gradmq_text_real (b, look->update_norm) : "");
    s_print (self, PLAIN, "memory     %-16snot applied  %" PRIu64 " of %" PRIu64,
             gradmq_text_size (a, look->resident_bytes), look->not_applied, look->received);
}

static void
s_draw_policy (s_brush_t *self, const gradmq_look_t *look)
{
    if (look->policy [0])
        s_print (self, PLAIN, "policy     %-16s%s%s%s%s", look->policy,
                 look->rule [0] ? "rule         " : "", look->rule, look->rule [0] ? ", " : "",
                 look->open_step);
    if (look->waiting [0])
        s_print (self, YELLOW, "waits for  %s", look->waiting);
}

static void
s_draw_metrics (s_brush_t *self, const gradmq_scene_t *scene)
{
    const gradmq_look_t *look = scene->look;
    char real [GRADMQ_TEXT_BYTES], drawing [GRADMQ_TRAIL_BYTES (GRADMQ_TRAIL_LENGTH)];
    if (look->metric_count)
        s_put (self, PLAIN, "");
    for (size_t i = 0; i < look->metric_count && i < METRICS_SHOWN; i++) {
        const gradmq_look_metric_t *metric = &look->metrics [i];
        const gradmq_trail_t *trail = gradmq_trails_metric (scene->trails, metric->name);
        size_t width = gradmq_text_width (metric->name);
        s_print (self, PLAIN, "%s%*s %-10s %s", metric->name, width < 10 ? (int) (10 - width) : 0,
                 "", gradmq_text_real (real, metric->value),
                 trail ? gradmq_trail_draw (trail, drawing, GRADMQ_TRAIL_LENGTH, self->canvas->utf8)
                       : "");
    }
}

//  The column of metrics is there when somebody has told one.
static bool
s_any_metric (const gradmq_roster_t *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        if (roster->members [i].metric_count)
            return true;
    return false;
}

static void
s_row_worker (gradmq_table_t *table, const gradmq_roster_row_t *row, bool metrics)
{
    char text [GRADMQ_TEXT_BYTES];
    gradmq_table_cell (table, "%s%s", row->name, row->leaving ? " (leaving)" : "");
    gradmq_table_cell (table, "%s", gradmq_text_real (text, row->received_per_s));
    gradmq_table_cell (table, "%" PRIu64, row->applied);
    gradmq_table_cell (table, "%" PRIu64, row->not_applied);
    gradmq_table_cell (table, "%" PRIu64, row->queued);
    gradmq_table_cell (table, "%s", gradmq_text_real (text, row->staleness_mean));
    gradmq_table_cell (table, "%s", gradmq_text_span (text, row->seen_ms_ago));
    if (metrics)
        gradmq_table_cell (table, "%s", row->metrics_text);
}

static gradmq_table_t *
s_worker_table (const gradmq_roster_t *roster, size_t rows)
{
    static const char *const titles [] = {"WORKER", "GRADIENTS/S", "APPLIED", "NOT",
                                          "QUEUED", "STALENESS",   "SEEN",    "METRICS"};
    bool metrics = s_any_metric (roster);
    gradmq_table_t *table = gradmq_table_new (metrics ? "lrrrrrrl" : "lrrrrrr");
    for (size_t i = 0; table && i < (metrics ? 8 : 7); i++)
        gradmq_table_cell (table, "%s", titles [i]);
    for (size_t i = 0; table && i < rows; i++)
        s_row_worker (table, &roster->members [i], metrics);
    return table;
}

//  As many workers as leave `spare` lines free; the last line says how many more there are.
static void
s_draw_workers (s_brush_t *self, const gradmq_roster_t *roster, size_t spare)
{
    size_t left = s_left (self), rows = roster->count;
    if (!rows || left < spare + 4)
        return;
    if (left != SIZE_MAX && rows > left - spare - 2)
        rows = left - spare - 3;
    gradmq_table_t *table = s_worker_table (roster, rows);
    if (!table)
        return;
    s_put (self, PLAIN, "");
    s_put_table (self, table);
    if (rows < roster->count)
        s_print (self, DIM, "and %zu more", roster->count - rows);
    gradmq_table_destroy (&table);
}

static void
s_draw_notices (s_brush_t *self, const gradmq_gather_t *gather)
{
    size_t left = s_left (self), count = gather->notice_count;
    if (!count || left < 2)
        return;
    s_put (self, PLAIN, "");
    size_t shown = count < left - 1 ? count : left - 1;
    for (size_t i = count - shown; i < count; i++)
        s_put (self, DIM, gather->notices [i]);
}

void
gradmq_draw_scene (FILE *to, const gradmq_scene_t *scene, const gradmq_canvas_t *canvas)
{
    s_brush_t brush = {.to = to, .canvas = canvas};
    size_t notices = scene->gather->notice_count;
    s_draw_head (&brush, scene);
    s_draw_numbers (&brush, scene);
    s_draw_policy (&brush, scene->look);
    s_draw_metrics (&brush, scene);
    s_draw_workers (&brush, &scene->look->roster, notices > 3 ? 4 : notices ? notices + 1 : 0);
    s_draw_notices (&brush, scene->gather);
}
