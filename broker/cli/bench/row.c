#include "cli/bench/row.h"

#include "cli/printer.h"
#include "cli/table.h"
#include "cli/text.h"

#include <math.h>
#include <stdlib.h>

gradmq_err_t
gradmq_bench_rows_add (gradmq_bench_rows_t *self, const gradmq_bench_row_t *row)
{
    if (self->count == self->space) {
        size_t space = self->space ? 2 * self->space : 32;
        gradmq_bench_row_t *items = realloc (self->items, space * sizeof *items);
        if (!items)
            return GRADMQ_ERR_MEMORY;
        self->items = items;
        self->space = space;
    }
    self->items [self->count++] = *row;
    return GRADMQ_OK;
}

void
gradmq_bench_rows_clear (gradmq_bench_rows_t *self)
{
    free (self->items);
    *self = (gradmq_bench_rows_t){0};
}

bool
gradmq_bench_row_met (const gradmq_bench_row_t *self)
{
    if (isnan (self->aim) || isnan (self->ratio))
        return false;
    if (self->seeds)
        return self->sense == GRADMQ_BENCH_AT_MOST ? self->high <= self->aim
                                                   : self->low >= self->aim;
    double ratio = round (self->ratio * 100) / 100;
    return self->sense == GRADMQ_BENCH_AT_MOST ? ratio <= self->aim : ratio >= self->aim;
}

//  True when there is a row that tells an interval.
static bool
s_has_intervals (const gradmq_bench_rows_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->items [i].seeds)
            return true;
    return false;
}

static void
s_titles (gradmq_table_t *table, bool intervals)
{
    static const char *const titles [] = {"BENCH", "CASE", "TRANSPORT", "SIZE", "WORKERS",
                                          "VALUE", "UNIT", "BASE",      "RATIO"};
    for (size_t i = 0; i < sizeof titles / sizeof titles [0]; i++)
        gradmq_table_cell (table, "%s", titles [i]);
    if (intervals)
        gradmq_table_cell (table, "%s", "95 % OF VALUE - BASE");
    gradmq_table_cell (table, "AIM");
    gradmq_table_cell (table, "MET");
}

static void
s_interval (gradmq_table_t *table, const gradmq_bench_row_t *row)
{
    if (row->seeds)
        gradmq_table_cell (table, "%+.4f to %+.4f", row->low, row->high);
    else
        gradmq_table_cell (table, "-");
}

static void
s_cells (gradmq_table_t *table, const gradmq_bench_row_t *row, bool intervals)
{
    char text [GRADMQ_TEXT_BYTES];
    gradmq_table_cell (table, "%s", row->bench);
    gradmq_table_cell (table, "%s", row->name);
    gradmq_table_cell (table, "%s", row->transport);
    gradmq_table_cell (table, "%s", gradmq_text_size (text, row->size_bytes));
    gradmq_table_cell (table, "%u", row->workers);
    gradmq_table_cell (table, "%s", gradmq_text_real (text, row->value));
    gradmq_table_cell (table, "%s", row->unit);
    gradmq_table_cell (table, "%s", gradmq_text_real (text, row->baseline));
    gradmq_table_cell (table, "%.2f", row->ratio);
    if (intervals)
        s_interval (table, row);
    if (isnan (row->aim)) {
        gradmq_table_cell (table, "-");
        gradmq_table_cell (table, "-");
        return;
    }
    gradmq_table_cell (table, "%s %g", row->sense == GRADMQ_BENCH_AT_MOST ? "<=" : ">=", row->aim);
    gradmq_table_cell (table, "%s", gradmq_bench_row_met (row) ? "yes" : "NO");
}

gradmq_err_t
gradmq_bench_rows_print (const gradmq_bench_rows_t *self, FILE *to)
{
    bool intervals = s_has_intervals (self);
    gradmq_table_t *table = gradmq_table_new (intervals ? "lllrrrlrrrrl" : "lllrrrlrrrl");
    if (!table)
        return GRADMQ_ERR_MEMORY;
    s_titles (table, intervals);
    for (size_t i = 0; i < self->count; i++)
        s_cells (table, &self->items [i], intervals);
    bool lost = gradmq_table_lost (table);
    if (!lost)
        gradmq_table_print (table, to, 0, 0, 0);
    gradmq_table_destroy (&table);
    return lost ? GRADMQ_ERR_MEMORY : GRADMQ_OK;
}

static void
s_json_interval (gradmq_printer_t *printer, const gradmq_bench_row_t *row)
{
    gradmq_printer_count (printer, "seeds", row->seeds);
    gradmq_printer_real (printer, "low", row->low);
    gradmq_printer_real (printer, "high", row->high);
}

void
gradmq_bench_rows_json (const gradmq_bench_rows_t *self, FILE *to)
{
    gradmq_printer_t printer = gradmq_printer (to);
    gradmq_printer_open_list (&printer, NULL);
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_bench_row_t *row = &self->items [i];
        gradmq_printer_open (&printer, NULL);
        gradmq_printer_text (&printer, "bench", row->bench);
        gradmq_printer_text (&printer, "case", row->name);
        gradmq_printer_text (&printer, "transport", row->transport);
        gradmq_printer_count (&printer, "size_bytes", row->size_bytes);
        gradmq_printer_count (&printer, "workers", row->workers);
        gradmq_printer_real (&printer, "value", row->value);
        gradmq_printer_text (&printer, "unit", row->unit);
        gradmq_printer_real (&printer, "baseline", row->baseline);
        gradmq_printer_real (&printer, "ratio", row->ratio);
        gradmq_printer_real (&printer, "aim", row->aim);
        if (row->seeds)
            s_json_interval (&printer, row);
        gradmq_printer_close (&printer);
    }
    gradmq_printer_close_list (&printer);
    gradmq_printer_end (&printer);
}
