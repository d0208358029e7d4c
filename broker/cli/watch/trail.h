//  The last minute of a few numbers, drawn small.

#ifndef GRADMQ_CLI_WATCH_TRAIL_H
#define GRADMQ_CLI_WATCH_TRAIL_H

#include "cli/watch/look.h"

#define GRADMQ_TRAIL_LENGTH 60

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    double values [GRADMQ_TRAIL_LENGTH];  //  a ring
    size_t count;                         //  ever put in
} gradmq_trail_t;

typedef struct {
    gradmq_trail_t versions, gradients;
    gradmq_trail_t metrics [GRADMQ_METRICS_MAX];
    size_t metric_count;
} gradmq_trails_t;

void gradmq_trail_put (gradmq_trail_t *self, double value);

//  Keep what a look saw. Numbers that are not finite are left out.
void gradmq_trails_put (gradmq_trails_t *self, const gradmq_look_t *look);

//  The trail of that metric, NULL when there is none.
const gradmq_trail_t *gradmq_trails_metric (const gradmq_trails_t *self, const char *name);

//  Bytes that a drawing of `columns` needs.
#define GRADMQ_TRAIL_BYTES(columns) (3 * (columns) + 1)

//  Draw the newest `columns` values between their own least and most, a block character each; in
//  ASCII where `utf8` is false.
//    returns `text`
const char *gradmq_trail_draw (const gradmq_trail_t *self, char *text, size_t columns, bool utf8);

#endif
