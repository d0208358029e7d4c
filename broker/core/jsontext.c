#include "core/jsontext.h"

#include "core/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
gradmq_jsontext_clear (gradmq_jsontext_t *self)
{
    self->size = 0;
    self->failed = false;
    if (self->text)
        self->text [0] = 0;
}

void
gradmq_jsontext_free (gradmq_jsontext_t *self)
{
    free (self->text);
    *self = (gradmq_jsontext_t){0};
}

//  Room for `size` more and the terminator.
static char *
s_room (gradmq_jsontext_t *self, size_t size)
{
    if (self->failed)
        return NULL;
    if (self->size + size + 1 > self->room) {
        size_t room = (self->size + size + 1) * 2;
        char *text = (char *) realloc (self->text, room);
        if (text == NULL) {
            self->failed = true;
            return NULL;
        }
        self->text = text;
        self->room = room;
    }
    return self->text + self->size;
}

static void
s_add (gradmq_jsontext_t *self, const char *text, size_t size)
{
    char *to = s_room (self, size);
    if (to == NULL)
        return;
    memcpy (to, text, size);
    to [size] = 0;
    self->size += size;
}

static void
s_quote (gradmq_jsontext_t *self, const char *text)
{
    size_t most = strlen (text) * 6 + 3;
    char *to = s_room (self, most);
    if (to)
        self->size += gradmq_json_quote (to, most, text);
}

//  What stands in front of a value.
static void
s_key (gradmq_jsontext_t *self, const char *key)
{
    char last = self->size ? self->text [self->size - 1] : '{';
    if (last != '{' && last != '[')
        s_add (self, ", ", 2);
    if (key == NULL)
        return;
    s_quote (self, key);
    s_add (self, ": ", 2);
}

void
gradmq_jsontext_open (gradmq_jsontext_t *self, const char *key, char open)
{
    s_key (self, key);
    s_add (self, &open, 1);
}

void
gradmq_jsontext_close (gradmq_jsontext_t *self, char close)
{
    s_add (self, &close, 1);
}

void
gradmq_jsontext_text (gradmq_jsontext_t *self, const char *key, const char *text)
{
    s_key (self, key);
    if (text)
        s_quote (self, text);
    else
        s_add (self, "null", 4);
}

void
gradmq_jsontext_number (gradmq_jsontext_t *self, const char *key, uint64_t number)
{
    char text [24];
    int length = snprintf (text, sizeof text, "%" PRIu64, number);
    s_key (self, key);
    s_add (self, text, (size_t) length);
}

void
gradmq_jsontext_real (gradmq_jsontext_t *self, const char *key, double number)
{
    char text [40];
    int length = isfinite (number) ? snprintf (text, sizeof text, "%.17g", number)
                                   : snprintf (text, sizeof text, "null");
    //  The decimal point is a point, whatever the locale of the program around us says.
    for (char *at = text; *at; at++)
        if (*at == ',')
            *at = '.';
    s_key (self, key);
    s_add (self, text, (size_t) length);
}

void
gradmq_jsontext_flag (gradmq_jsontext_t *self, const char *key, bool flag)
{
    s_key (self, key);
    s_add (self, flag ? "true" : "false", flag ? 4 : 5);
}

void
gradmq_jsontext_id (gradmq_jsontext_t *self, const char *key, uint64_t id)
{
    char text [20];
    snprintf (text, sizeof text, "%016" PRIx64, id);
    gradmq_jsontext_text (self, key, text);
}

void
gradmq_jsontext_json (gradmq_jsontext_t *self, const char *key, const char *json)
{
    s_key (self, key);
    s_add (self, json, strlen (json));
}
