#include "cli/bench/learn/digits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_OUT = 5, LEAST = 100, MOST = 1 << 20, FIRST_ROOM = 256 };

void
gradmq_digits_clear (gradmq_digits_t *self)
{
    free (self->pixels);
    free (self->labels);
    *self = (gradmq_digits_t){0};
}

//  Make room for at least one image more, up to MOST of them.
static bool
s_grow (gradmq_digits_t *self, size_t *room)
{
    if (self->count < *room)
        return true;
    size_t more = *room ? 2 * *room : FIRST_ROOM;
    double *pixels = realloc (self->pixels, more * GRADMQ_DIGITS_PIXELS * sizeof *pixels);
    if (pixels)
        self->pixels = pixels;
    uint8_t *labels = realloc (self->labels, more);
    if (labels)
        self->labels = labels;
    if (!pixels || !labels)
        return false;
    *room = more;
    return true;
}

//  One whole number and the character behind it.
//    returns what follows; NULL: not so
static const char *
s_number (const char *text, unsigned long most, char after, unsigned long *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return NULL;
    *number = strtoul (text, &end, 10);
    return *number <= most && *end == after ? end + 1 : NULL;
}

static bool
s_read_line (const char *text, double *pixels, uint8_t *label)
{
    unsigned long number;
    for (size_t i = 0; i < GRADMQ_DIGITS_PIXELS; i++) {
        text = s_number (text, GRADMQ_DIGITS_DARKEST, ',', &number);
        if (!text)
            return false;
        pixels [i] = (double) number / GRADMQ_DIGITS_DARKEST;
    }
    if (!s_number (text, GRADMQ_DIGITS_CLASSES - 1, 0, &number))
        return false;
    *label = (uint8_t) number;
    return true;
}

static gradmq_err_t
s_append (gradmq_digits_t *self, size_t *room, char *line, const char *path,
          gradmq_reason_t *reason)
{
    line [strcspn (line, "\r\n")] = 0;
    if (self->count == MOST)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s: more than %d images", path, MOST);
    if (!s_grow (self, room))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "%s: out of memory", path);
    if (!s_read_line (line, self->pixels + self->count * GRADMQ_DIGITS_PIXELS,
                      self->labels + self->count))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%s: line %zu is not %u numbers from 0 to %u and a digit, with "
                              "commas between",
                              path, self->count + 1, GRADMQ_DIGITS_PIXELS, GRADMQ_DIGITS_DARKEST);
    self->count++;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read (gradmq_digits_t *self, FILE *file, const char *path, gradmq_reason_t *reason)
{
    char *line = NULL;
    size_t room = 0, space = 0;
    gradmq_err_t err = GRADMQ_OK;
    while (!err && getline (&line, &space, file) > 0)
        err = s_append (self, &room, line, path, reason);
    if (!err && ferror (file))
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", path, strerror (errno));
    if (!err && self->count < LEAST)
        err = gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s: %zu images are too few; %d or more",
                             path, self->count, LEAST);
    free (line);
    return err;
}

static void
s_copy (gradmq_digits_t *to, const gradmq_digits_t *from, size_t index)
{
    memcpy (to->pixels + to->count * GRADMQ_DIGITS_PIXELS,
            from->pixels + index * GRADMQ_DIGITS_PIXELS, GRADMQ_DIGITS_PIXELS * sizeof *to->pixels);
    to->labels [to->count++] = from->labels [index];
}

static bool
s_new (gradmq_digits_t *self, size_t room)
{
    self->pixels = calloc (room, GRADMQ_DIGITS_PIXELS * sizeof *self->pixels);
    self->labels = calloc (room, 1);
    return self->pixels && self->labels;
}

static gradmq_err_t
s_hold_out (const gradmq_digits_t *all, gradmq_digits_t *train, gradmq_digits_t *test,
            gradmq_reason_t *reason)
{
    size_t seen [GRADMQ_DIGITS_CLASSES] = {0};
    if (!s_new (train, all->count) || !s_new (test, all->count))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < all->count; i++)
        s_copy (seen [all->labels [i]]++ % HELD_OUT ? train : test, all, i);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_digits_load (gradmq_digits_t *train, gradmq_digits_t *test, const char *path,
                    gradmq_reason_t *reason)
{
    gradmq_digits_t all = {0};
    *train = *test = all;
    FILE *file = fopen (path, "r");
    if (!file)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", path, strerror (errno));
    gradmq_err_t err = s_read (&all, file, path, reason);
    if (!err)
        err = s_hold_out (&all, train, test, reason);
    gradmq_digits_clear (&all);
    fclose (file);
    return err;
}
