#include "vector.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char s_folder [4096];

bool
vector_fail (char wrong [VECTOR_WRONG_BYTES], const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (wrong, VECTOR_WRONG_BYTES, format, args);
    va_end (args);
    return false;
}

const char *
vector_text (const json_t *object, const char *key)
{
    return json_string_value (json_object_get (object, key));
}

static uint64_t
s_u64 (const json_t *value)
{
    if (json_is_string (value))
        return strtoull (json_string_value (value), NULL, 10);
    if (json_is_boolean (value))
        return json_is_true (value);
    return (uint64_t) json_integer_value (value);
}

uint64_t
vector_u64 (const json_t *object, const char *key)
{
    return s_u64 (json_object_get (object, key));
}

double
vector_f64 (const json_t *value)
{
    return json_is_string (value) ? strtod (json_string_value (value), NULL)
                                  : json_number_value (value);
}

uint8_t *
vector_hex (const char *hex, size_t *size)
{
    *size = strlen (hex) / 2;
    uint8_t *bytes = malloc (*size ? *size : 1);
    assert (bytes);
    for (size_t i = 0; i < *size; i++) {
        const char pair [] = {hex [2 * i], hex [2 * i + 1], 0};
        bytes [i] = (uint8_t) strtoul (pair, NULL, 16);
    }
    return bytes;
}

static void
s_append (vector_frames_t *self, uint8_t *bytes, size_t size)
{
    //  Room doubles whenever the count reaches a power of two.
    if ((self->count & (self->count - 1)) == 0)
        self->frames = realloc (self->frames, (self->count * 2 + 1) * sizeof *self->frames);
    assert (self->frames);
    self->frames [self->count++] = (gradmq_frame_t){bytes, size};
    self->bytes += size;
}

//  A frame in pieces: hex, or hex repeated.
static void
s_append_pieces (vector_frames_t *self, const json_t *pieces)
{
    uint8_t *frame = NULL;
    size_t total = 0, i;
    json_t *piece;
    json_array_foreach (pieces, i, piece)
    {
        const char *repeated = vector_text (piece, "repeat");
        size_t size, times = repeated ? (size_t) vector_u64 (piece, "count") : 1;
        uint8_t *bytes = vector_hex (repeated ? repeated : json_string_value (piece), &size);
        frame = realloc (frame, total + size * times + 1);
        assert (frame);
        for (; times; times--, total += size)
            memcpy (frame + total, bytes, size);
        free (bytes);
    }
    //  Exactly as long as it is, so that reading past it is seen.
    uint8_t *exact = malloc (total ? total : 1);
    assert (exact);
    memcpy (exact, frame, total);
    free (frame);
    s_append (self, exact, total);
}

vector_frames_t
vector_frames (const json_t *list)
{
    vector_frames_t self = {NULL, 0, 0};
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one)
    {
        if (json_is_array (one)) {
            s_append_pieces (&self, one);
            continue;
        }
        const char *many = vector_text (one, "frame");
        uint64_t times = many ? vector_u64 (one, "times") : 1;
        for (; times; times--) {
            size_t size;
            uint8_t *bytes = vector_hex (many ? many : json_string_value (one), &size);
            s_append (&self, bytes, size);
        }
    }
    return self;
}

void
vector_frames_clear (vector_frames_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        free ((void *) self->frames [i].bytes);
    free (self->frames);
    *self = (vector_frames_t){NULL, 0, 0};
}

gradmq_err_t
vector_layout (gradmq_layout_t **layout, const json_t *object, gradmq_reason_t *reason)
{
    const json_t *tensors = json_object_get (object, "tensors");
    size_t count = json_array_size (tensors), i, d;
    gradmq_tensor_spec_t *specs = calloc (count + 1, sizeof *specs);
    uint64_t (*shapes) [16] = calloc (count + 1, sizeof *shapes);
    assert (specs && shapes);
    json_t *tensor, *dimension;
    json_array_foreach (tensors, i, tensor)
    {
        const json_t *shape = json_object_get (tensor, "shape");
        assert (json_array_size (shape) <= 16);
        specs [i].name = vector_text (tensor, "name");
        specs [i].rank = (uint32_t) json_array_size (shape);
        specs [i].shape = shapes [i];
        json_array_foreach (shape, d, dimension) shapes [i][d] = s_u64 (dimension);
    }
    gradmq_err_t err =
        gradmq_layout_open (layout, specs, count, (uint32_t) vector_u64 (object, "dtype"), reason);
    free (specs);
    free (shapes);
    return err;
}

void
vector_set_folder (const char *path)
{
    const char *slash = strrchr (path, '/');
    snprintf (s_folder, sizeof s_folder, "%.*s", slash ? (int) (slash - path + 1) : 0, path);
}

gradmq_layout_t *
vector_layout_named (const char *name)
{
    char path [sizeof s_folder + 16];
    snprintf (path, sizeof path, "%slayout.json", s_folder);
    json_t *root = json_load_file (path, 0, NULL);
    gradmq_layout_t *layout = NULL;
    size_t i;
    json_t *vector;
    json_array_foreach (json_object_get (root, "vectors"), i, vector)
    {
        if (strcmp (vector_text (vector, "name"), name) == 0)
            if (vector_layout (&layout, json_object_get (vector, "layout"), NULL))
                layout = NULL;
    }
    json_decref (root);
    return layout;
}
