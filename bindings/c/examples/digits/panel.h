//  One panel of a picture: axes, grid, lines, legend.

#ifndef DIGITS_PANEL_H
#define DIGITS_PANEL_H

#include "record.h"

#include <stdio.h>

typedef struct {
    FILE *file;
    const char *id;                   //  unique in the picture
    const char *title;                //  of the y axis
    double left, top, width, height;  //  of the plot area, user units
    double x_most;                    //  gradients; the x axis begins at 0
    double y_least, y_most;
    bool logarithmic;  //  the y axis
} digits_panel_t;

typedef struct {
    const char *colour;
    double width;
    const char *dashes;  //  as in stroke-dasharray; "" for none
} digits_stroke_t;

typedef double (*digits_value_t) (const digits_point_t *point);

void digits_panel_axes (const digits_panel_t *self);

//  A record's line. A record with one point is drawn across the whole panel.
void digits_panel_line (const digits_panel_t *self, const digits_record_t *record,
                        digits_value_t value, digits_stroke_t stroke);

//  An entry of the legend: a piece of line and a text, at the height of row `row`, with rows
//  counted from the top, or with `from_below` from the bottom, and the line beginning at x.
void digits_panel_legend (const digits_panel_t *self, double x, unsigned row, bool from_below,
                          const char *text, digits_stroke_t stroke);

#endif
