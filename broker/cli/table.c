#include "cli/table.h"

#include "cli/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_table {
    char *columns;  //  'l' or 'r' each
    size_t column_count;
    char **cells;  //  row by row
    size_t cell_count, cell_space;
    bool lost;
};

gradmq_table_t *
gradmq_table_new (const char *columns)
{
    gradmq_table_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->columns = strdup (columns);
    self->column_count = strlen (columns);
    if (!self->columns)
        gradmq_table_destroy (&self);
    return self;
}

void
gradmq_table_destroy (gradmq_table_t **self_p)
{
    gradmq_table_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->cell_count; i++)
        free (self->cells [i]);
    free (self->cells);
    free (self->columns);
    free (self);
    *self_p = NULL;
}

static bool
s_make_room (gradmq_table_t *self)
{
    if (self->cell_count < self->cell_space)
        return true;
    size_t space = self->cell_space ? 2 * self->cell_space : 64;
    char **cells = realloc (self->cells, space * sizeof *cells);
    if (!cells)
        return false;
    self->cells = cells;
    self->cell_space = space;
    return true;
}

void
gradmq_table_cell (gradmq_table_t *self, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start (args, format);
    int length = vasprintf (&text, format, args);
    va_end (args);
    if (length < 0 || !s_make_room (self)) {
        if (length >= 0)
            free (text);
        self->lost = true;
        return;
    }
    gradmq_text_clean (text, (size_t) length + 1, text);
    self->cells [self->cell_count++] = text;
}

bool
gradmq_table_lost (const gradmq_table_t *self)
{
    return self->lost;
}

static size_t
s_column_width (const gradmq_table_t *self, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < self->cell_count; i += self->column_count) {
        size_t cell = gradmq_text_width (self->cells [i]);
        width = cell > width ? cell : width;
    }
    return width;
}

static void
s_pad (FILE *to, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        fputc (' ', to);
}

//  Spaces are written before what comes behind them, so that none ends a line.
static void
s_print_row (const gradmq_table_t *self, FILE *to, size_t row, const size_t *widths, size_t room)
{
    size_t pending = 0;
    for (size_t i = 0; i < self->column_count; i++) {
        size_t at = row * self->column_count + i;
        const char *cell = at < self->cell_count ? self->cells [at] : "";
        size_t gap = widths [i] - gradmq_text_width (cell);
        size_t before = pending + (self->columns [i] == 'r' ? gap : 0);
        size_t shown = before < room ? gradmq_text_fit (cell, room - before) : 0;
        pending += widths [i] + 2;
        if (!shown)
            continue;
        s_pad (to, before);
        fwrite (cell, 1, shown, to);
        if (cell [shown])
            break;
        pending = (self->columns [i] == 'r' ? 0 : gap) + 2;
        room -= before + gradmq_text_width (cell);
    }
    fputc ('\n', to);
}

size_t
gradmq_table_print (const gradmq_table_t *self, FILE *to, size_t indent, size_t width, size_t lines)
{
    size_t rows = (self->cell_count + self->column_count - 1) / self->column_count;
    size_t *widths = calloc (self->column_count, sizeof *widths);
    if (!widths)
        return 0;
    for (size_t i = 0; i < self->column_count; i++)
        widths [i] = s_column_width (self, i);
    size_t room = width ? (width > indent ? width - indent : 0) : SIZE_MAX;
    if (lines && rows > lines)
        rows = lines;
    for (size_t row = 0; row < rows; row++) {
        s_pad (to, indent < width || !width ? indent : width);
        s_print_row (self, to, row, widths, room);
    }
    free (widths);
    return rows;
}
