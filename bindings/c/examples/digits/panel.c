#include "panel.h"

#include <inttypes.h>
#include <math.h>

#define INK "#1f2328"
#define PALE_INK "#59636e"
#define GRID "#e4e7eb"
#define ROW 20.0

static double
s_x (const digits_panel_t *self, double x)
{
    return self->left + self->width * x / self->x_most;
}

static double
s_y (const digits_panel_t *self, double y)
{
    double least = self->y_least, most = self->y_most;
    if (self->logarithmic) {
        y = log10 (y > least * 1e-3 ? y : least * 1e-3);
        least = log10 (least);
        most = log10 (most);
    }
    return self->top + self->height * (1 - (y - least) / (most - least));
}

//  1, 2 or 5 times a power of ten, so that there are about `ticks` in `range`.
static double
s_step (double range, double ticks)
{
    double raw = range / ticks;
    double ten = pow (10, floor (log10 (raw)));
    double left = raw / ten;
    return ten * (left <= 1 ? 1 : left <= 2 ? 2 : left <= 5 ? 5 : 10);
}

static void
s_grid (const digits_panel_t *self, double x1, double y1, double x2, double y2)
{
    fprintf (self->file,
             "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"" GRID
             "\" stroke-width=\"1\"/>\n",
             x1, y1, x2, y2);
}

static void
s_text (const digits_panel_t *self, double x, double y, const char *anchor, const char *colour,
        const char *text)
{
    fprintf (self->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
             x, y, anchor, colour, text);
}

static void
s_x_axis (const digits_panel_t *self)
{
    double bottom = self->top + self->height;
    double step = s_step (self->x_most, 4);
    if (step < 1)
        step = 1;
    for (double x = 0; x <= self->x_most; x += step) {
        char text [48];
        uint64_t count = (uint64_t) x;
        if (count >= 10000)
            snprintf (text, sizeof text, "%" PRIu64 ",%03" PRIu64, count / 1000, count % 1000);
        else
            snprintf (text, sizeof text, "%" PRIu64, count);
        s_grid (self, s_x (self, x), self->top, s_x (self, x), bottom);
        s_text (self, s_x (self, x), bottom + 20, "middle", PALE_INK, text);
    }
    s_text (self, self->left + self->width / 2, bottom + 44, "middle", INK, "gradients applied");
}

static void
s_y_tick (const digits_panel_t *self, double y, const char *text)
{
    double at = s_y (self, y);
    s_grid (self, self->left, at, self->left + self->width, at);
    s_text (self, self->left - 9, at + 4.5, "end", PALE_INK, text);
}

static void
s_y_axis (const digits_panel_t *self)
{
    char text [48];
    if (self->logarithmic) {
        int first = (int) ceil (log10 (self->y_least) - 1e-9);
        int last = (int) floor (log10 (self->y_most) + 1e-9);
        for (int power = first; power <= last; power++) {
            snprintf (text, sizeof text, "%g", pow (10, power));
            s_y_tick (self, pow (10, power), text);
        }
    } else {
        double step = s_step (self->y_most - self->y_least, 5);
        double ticks = floor ((self->y_most - self->y_least) / step + 1e-9);
        for (double i = 0; i <= ticks; i++) {
            snprintf (text, sizeof text, "%.2f", self->y_least + i * step);
            s_y_tick (self, self->y_least + i * step, text);
        }
    }
}

void
digits_panel_axes (const digits_panel_t *self)
{
    fprintf (self->file,
             "<clipPath id=\"%s\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
             "</clipPath>\n",
             self->id, self->left, self->top, self->width, self->height);
    s_x_axis (self);
    s_y_axis (self);
    fprintf (self->file,
             "<path d=\"M%.1f %.1fV%.1fH%.1f\" fill=\"none\" stroke=\"" PALE_INK
             "\" stroke-width=\"1.2\"/>\n",
             self->left, self->top, self->top + self->height, self->left + self->width);
    s_text (self, self->left, self->top - 14, "start", INK, self->title);
}

static void
s_stroke (const digits_panel_t *self, digits_stroke_t stroke)
{
    fprintf (self->file,
             " fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-linejoin=\"round\"",
             stroke.colour, stroke.width);
    if (*stroke.dashes)
        fprintf (self->file, " stroke-dasharray=\"%s\"", stroke.dashes);
}

void
digits_panel_line (const digits_panel_t *self, const digits_record_t *record, digits_value_t value,
                   digits_stroke_t stroke)
{
    fprintf (self->file, "<polyline clip-path=\"url(#%s)\"", self->id);
    s_stroke (self, stroke);
    fprintf (self->file, " points=\"");
    for (size_t i = 0; i < record->count; i++) {
        const digits_point_t *point = &record->points [i];
        double x = record->count == 1 ? 0 : (double) point->gradients;
        fprintf (self->file, "%s%.1f,%.1f", i ? " " : "", s_x (self, x), s_y (self, value (point)));
    }
    if (record->count == 1)
        fprintf (self->file, " %.1f,%.1f", self->left + self->width,
                 s_y (self, value (&record->points [0])));
    fprintf (self->file, "\"/>\n");
}

void
digits_panel_legend (const digits_panel_t *self, double x, unsigned row, bool from_below,
                     const char *text, digits_stroke_t stroke)
{
    double y = from_below ? self->top + self->height - 18 - ROW * row : self->top + 16 + ROW * row;
    fprintf (self->file, "<path d=\"M%.1f %.1fh26\"", x, y);
    s_stroke (self, stroke);
    fprintf (self->file, "/>\n");
    s_text (self, x + 34, y + 4.5, "start", INK, text);
}
