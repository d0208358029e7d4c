//  A look as a picture, a line, or JSON.

#ifndef GRADMQ_CLI_WATCH_DRAW_H
#define GRADMQ_CLI_WATCH_DRAW_H

#include "cli/watch/trail.h"

#include <stdio.h>

//  What it is drawn on.
typedef struct {
    size_t columns, lines;  //  0 lines: as many as it takes
    bool color, utf8;
} gradmq_canvas_t;

typedef struct {
    const gradmq_look_t *look;
    const gradmq_trails_t *trails;
    const gradmq_gather_t *gather;  //  for its notices
    const char *control;
    const char *silence;  //  why nothing newer is known; NULL: it is new
} gradmq_scene_t;

//  At most `lines` lines of at most `columns` columns, each ended by a newline.
void gradmq_draw_scene (FILE *to, const gradmq_scene_t *scene, const gradmq_canvas_t *canvas);

//  One line, with the time of day.
void gradmq_draw_line (FILE *to, const gradmq_look_t *look);

//  One JSON object on a line of its own.
void gradmq_draw_json (FILE *to, const gradmq_look_t *look);

#endif
