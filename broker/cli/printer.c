#include "cli/printer.h"

#include "cli/text.h"
#include "core/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

gradmq_printer_t
gradmq_printer (FILE *to)
{
    return (gradmq_printer_t){.to = to};
}

static void
s_quote (FILE *to, const char *text)
{
    size_t size = 6 * strlen (text) + 3;
    char *quoted = malloc (size);
    if (quoted)
        gradmq_json_quote (quoted, size, text);
    fputs (quoted ? quoted : "null", to);
    free (quoted);
}

//  What stands before a value.
static void
s_begin (gradmq_printer_t *self, const char *key)
{
    if (self->comma)
        fputs (", ", self->to);
    self->comma = true;
    if (!key)
        return;
    s_quote (self->to, key);
    fputs (": ", self->to);
}

static void
s_open (gradmq_printer_t *self, const char *key, char bracket)
{
    s_begin (self, key);
    fputc (bracket, self->to);
    self->comma = false;
}

static void
s_close (gradmq_printer_t *self, char bracket)
{
    fputc (bracket, self->to);
    self->comma = true;
}

void
gradmq_printer_open (gradmq_printer_t *self, const char *key)
{
    s_open (self, key, '{');
}

void
gradmq_printer_close (gradmq_printer_t *self)
{
    s_close (self, '}');
}

void
gradmq_printer_open_list (gradmq_printer_t *self, const char *key)
{
    s_open (self, key, '[');
}

void
gradmq_printer_close_list (gradmq_printer_t *self)
{
    s_close (self, ']');
}

void
gradmq_printer_text (gradmq_printer_t *self, const char *key, const char *text)
{
    s_begin (self, key);
    if (text)
        s_quote (self->to, text);
    else
        fputs ("null", self->to);
}

void
gradmq_printer_count (gradmq_printer_t *self, const char *key, uint64_t value)
{
    s_begin (self, key);
    fprintf (self->to, "%" PRIu64, value);
}

void
gradmq_printer_real (gradmq_printer_t *self, const char *key, double value)
{
    char text [GRADMQ_TEXT_BYTES];
    s_begin (self, key);
    fputs (isfinite (value) ? gradmq_text_exact (text, value) : "null", self->to);
}

void
gradmq_printer_flag (gradmq_printer_t *self, const char *key, bool value)
{
    s_begin (self, key);
    fputs (value ? "true" : "false", self->to);
}

void
gradmq_printer_id (gradmq_printer_t *self, const char *key, uint64_t value)
{
    char text [GRADMQ_TEXT_BYTES];
    gradmq_printer_text (self, key, gradmq_text_id (text, value));
}

void
gradmq_printer_end (gradmq_printer_t *self)
{
    fputc ('\n', self->to);
    self->comma = false;
}
