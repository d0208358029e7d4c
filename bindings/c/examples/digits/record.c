#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char s_title [] = "gradients,seconds,train_loss,test_loss,test_accuracy";

bool
digits_record_add (digits_record_t *self, const digits_point_t *point)
{
    if (self->count == self->room) {
        size_t room = self->room ? self->room * 2 : 128;
        digits_point_t *points = realloc (self->points, room * sizeof *points);
        if (!points)
            return false;
        self->points = points;
        self->room = room;
    }
    self->points [self->count++] = *point;
    return true;
}

void
digits_record_destroy (digits_record_t *self)
{
    free (self->points);
    *self = (digits_record_t){0};
}

void
digits_point_measure (digits_point_t *point, digits_network_t *network,
                      const float parameters [DIGITS_PARAMETERS], const digits_data_t *data)
{
    digits_score_t train, test;
    digits_network_score (network, parameters, &data->train, NULL, &train);
    digits_network_score (network, parameters, &data->test, NULL, &test);
    point->train_loss = train.loss;
    point->test_loss = test.loss;
    point->test_accuracy = test.accuracy;
}

bool
digits_record_write (const digits_record_t *self, const char *path)
{
    FILE *file = fopen (path, "w");
    if (file) {
        fprintf (file, "%s\n", s_title);
        for (size_t i = 0; i < self->count; i++) {
            const digits_point_t *point = &self->points [i];
            fprintf (file, "%" PRIu64 ",%.3f,%.6g,%.6g,%.6f\n", point->gradients, point->seconds,
                     point->train_loss, point->test_loss, point->test_accuracy);
        }
    }
    bool failed = !file || ferror (file);
    if (file && fclose (file))
        failed = true;
    if (failed)
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
    return !failed;
}

static bool
s_parse (const char *line, digits_point_t *point)
{
    int end = 0;
    int read = sscanf (line, "%" SCNu64 ",%lf,%lf,%lf,%lf %n", &point->gradients, &point->seconds,
                       &point->train_loss, &point->test_loss, &point->test_accuracy, &end);
    return read == 5 && line [end] == '\0' && isfinite (point->seconds)
           && isfinite (point->train_loss) && isfinite (point->test_loss)
           && isfinite (point->test_accuracy);
}

//  False: not such a file; *number is then the line.
static bool
s_read (digits_record_t *self, FILE *file, size_t *number)
{
    char line [256];
    for (*number = 1; fgets (line, sizeof line, file); ++*number) {
        if (*number == 1) {
            line [strcspn (line, "\r\n")] = '\0';
            if (strcmp (line, s_title) != 0)
                return false;
            continue;
        }
        digits_point_t point;
        if (!s_parse (line, &point))
            return false;
        if (self->count && self->points [self->count - 1].gradients > point.gradients)
            return false;
        if (!digits_record_add (self, &point))
            return false;
    }
    return self->count > 0;
}

bool
digits_record_read (digits_record_t *self, const char *path)
{
    *self = (digits_record_t){0};
    FILE *file = fopen (path, "r");
    if (!file) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        return false;
    }
    size_t number;
    bool good = s_read (self, file, &number);
    if (!good)
        fprintf (stderr, "%s:%zu: not a record with the columns %s\n", path, number, s_title);
    fclose (file);
    return good;
}
