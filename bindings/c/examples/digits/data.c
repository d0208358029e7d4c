#include "data.h"

#include "random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DARKEST 16
#define HELD_OUT 5  //  one image in so many
#define SPLIT_SEED 1

bool
digits_set_new (digits_set_t *set, size_t count)
{
    *set = (digits_set_t){.count = count};
    set->pixels = calloc (count * DIGITS_PIXELS + 1, sizeof *set->pixels);
    set->labels = calloc (count + 1, sizeof *set->labels);
    if (set->pixels && set->labels)
        return true;
    digits_set_destroy (set);
    return false;
}

void
digits_set_destroy (digits_set_t *set)
{
    free (set->pixels);
    free (set->labels);
    *set = (digits_set_t){0};
}

void
digits_set_copy (digits_set_t *set, size_t index, const digits_set_t *from, size_t from_index)
{
    memcpy (set->pixels + index * DIGITS_PIXELS, from->pixels + from_index * DIGITS_PIXELS,
            DIGITS_PIXELS * sizeof *set->pixels);
    set->labels [index] = from->labels [from_index];
}

//  One number of a line and what follows it. Returns where the next begins; NULL: not so.
static const char *
s_number (const char *text, long most, char after, long *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return NULL;
    *number = strtol (text, &end, 10);
    if (*number > most || *end != after)
        return NULL;
    return end + 1;
}

static bool
s_line (const char *text, float *pixels, uint8_t *label)
{
    long number;
    for (size_t i = 0; i < DIGITS_PIXELS; i++) {
        text = s_number (text, DARKEST, ',', &number);
        if (!text)
            return false;
        pixels [i] = (float) number / DARKEST;
    }
    if (!s_number (text, DIGITS_CLASSES - 1, '\0', &number))
        return false;
    *label = (uint8_t) number;
    return true;
}

//  Make room for one image more. False without memory.
static bool
s_grow (digits_set_t *set, size_t *room)
{
    if (set->count < *room)
        return true;
    size_t more = *room ? *room * 2 : 1024;
    float *pixels = realloc (set->pixels, more * DIGITS_PIXELS * sizeof *pixels);
    if (pixels)
        set->pixels = pixels;
    uint8_t *labels = realloc (set->labels, more * sizeof *labels);
    if (labels)
        set->labels = labels;
    if (!pixels || !labels)
        return false;
    *room = more;
    return true;
}

static bool
s_read (digits_set_t *all, FILE *file, const char *path)
{
    char *line = NULL;
    size_t room = 0, line_room = 0;
    bool good = true;
    while (good && getline (&line, &line_room, file) > 0) {
        line [strcspn (line, "\r\n")] = '\0';
        good = s_grow (all, &room);
        if (!good)
            fprintf (stderr, "%s: out of memory\n", path);
        else if (s_line (line, all->pixels + all->count * DIGITS_PIXELS, all->labels + all->count))
            all->count++;
        else {
            fprintf (stderr, "%s:%zu: not %u numbers from 0 to %d and a digit\n", path,
                     all->count + 1, DIGITS_PIXELS, DARKEST);
            good = false;
        }
    }
    if (good && ferror (file)) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        good = false;
    }
    free (line);
    return good;
}

//  Order of all images: by class, and within a class at random.
static void
s_order (const digits_set_t *all, uint32_t *order)
{
    digits_random_t random = {SPLIT_SEED};
    uint32_t *first = order;
    for (uint8_t label = 0; label < DIGITS_CLASSES; label++) {
        uint32_t *end = first;
        for (size_t i = 0; i < all->count; i++)
            if (all->labels [i] == label)
                *end++ = (uint32_t) i;
        digits_random_shuffle (&random, first, (size_t) (end - first));
        first = end;
    }
}

static bool
s_split (digits_data_t *data, const digits_set_t *all)
{
    size_t held_out = (all->count + HELD_OUT - 1) / HELD_OUT;
    uint32_t *order = malloc (all->count * sizeof *order);
    bool good = order && digits_set_new (&data->test, held_out)
                && digits_set_new (&data->train, all->count - held_out);
    if (good) {
        s_order (all, order);
        size_t trained = 0;
        for (size_t i = 0; i < all->count; i++)
            if (i % HELD_OUT == 0)
                digits_set_copy (&data->test, i / HELD_OUT, all, order [i]);
            else
                digits_set_copy (&data->train, trained++, all, order [i]);
    } else
        fprintf (stderr, "out of memory for %zu images\n", all->count);
    free (order);
    return good;
}

bool
digits_data_load (digits_data_t *data, const char *path)
{
    *data = (digits_data_t){0};
    FILE *file = fopen (path, "r");
    if (!file) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        return false;
    }
    digits_set_t all = {0};
    bool good = s_read (&all, file, path);
    if (good && all.count < 2 * DIGITS_CLASSES * HELD_OUT) {
        fprintf (stderr, "%s: %zu images are too few\n", path, all.count);
        good = false;
    }
    good = good && s_split (data, &all);
    digits_set_destroy (&all);
    fclose (file);
    return good;
}

void
digits_data_destroy (digits_data_t *data)
{
    digits_set_destroy (&data->train);
    digits_set_destroy (&data->test);
}
