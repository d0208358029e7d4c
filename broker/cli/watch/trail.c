#include "cli/watch/trail.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 8

void
gradmq_trail_put (gradmq_trail_t *self, double value)
{
    if (isfinite (value))
        self->values [self->count++ % GRADMQ_TRAIL_LENGTH] = value;
}

static gradmq_trail_t *
s_metric (gradmq_trails_t *self, const char *name)
{
    for (size_t i = 0; i < self->metric_count; i++)
        if (strcmp (self->metrics [i].name, name) == 0)
            return &self->metrics [i];
    if (self->metric_count == GRADMQ_METRICS_MAX)
        return NULL;
    gradmq_trail_t *trail = &self->metrics [self->metric_count++];
    *trail = (gradmq_trail_t){.count = 0};
    snprintf (trail->name, sizeof trail->name, "%s", name);
    return trail;
}

void
gradmq_trails_put (gradmq_trails_t *self, const gradmq_look_t *look)
{
    gradmq_trail_put (&self->versions, look->versions_per_s);
    gradmq_trail_put (&self->gradients, look->gradients_per_s);
    for (size_t i = 0; i < look->metric_count; i++) {
        gradmq_trail_t *trail = s_metric (self, look->metrics [i].name);
        if (trail)
            gradmq_trail_put (trail, look->metrics [i].value);
    }
}

const gradmq_trail_t *
gradmq_trails_metric (const gradmq_trails_t *self, const char *name)
{
    for (size_t i = 0; i < self->metric_count; i++)
        if (strcmp (self->metrics [i].name, name) == 0)
            return &self->metrics [i];
    return NULL;
}

static size_t
s_level (double value, double least, double most)
{
    if (!(most > least))
        return 0;
    double share = (value - least) / (most - least) * LEVELS;
    return share < LEVELS ? (size_t) share : LEVELS - 1;
}

const char *
gradmq_trail_draw (const gradmq_trail_t *self, char *text, size_t columns, bool utf8)
{
    static const char *const blocks [] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters [] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    size_t held = self->count < GRADMQ_TRAIL_LENGTH ? self->count : GRADMQ_TRAIL_LENGTH;
    size_t shown = held < columns ? held : columns, at = 0;
    double least = (double) INFINITY, most = -(double) INFINITY;
    text [0] = 0;
    for (size_t i = self->count - shown; i < self->count; i++) {
        least = fmin (least, self->values [i % GRADMQ_TRAIL_LENGTH]);
        most = fmax (most, self->values [i % GRADMQ_TRAIL_LENGTH]);
    }
    for (size_t i = self->count - shown; i < self->count; i++) {
        size_t level = s_level (self->values [i % GRADMQ_TRAIL_LENGTH], least, most);
        const char *mark = utf8 ? blocks [level] : letters [level];
        size_t length = strlen (mark);
        memcpy (text + at, mark, length + 1);
        at += length;
    }
    return text;
}
