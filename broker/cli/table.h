//  Aligned columns.

#ifndef GRADMQ_CLI_TABLE_H
#define GRADMQ_CLI_TABLE_H

#include "core/export.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct gradmq_table gradmq_table_t;

//  `columns` has a letter a column: 'l' stands left, 'r' right.
//    returns NULL: out of memory
gradmq_table_t *gradmq_table_new (const char *columns);
void gradmq_table_destroy (gradmq_table_t **self_p);

//  One more cell, row by row. What it holds is cleaned (text.h).
//    owns    copies
void gradmq_table_cell (gradmq_table_t *self, const char *format, ...) GRADMQ_PRINTF (2, 3);

//  Write the table, two spaces between columns, nothing behind the last cell of a line, `indent`
//  spaces before the first. Lines are cut at `width` columns; 0: any width.
//    returns how many lines were written; at most `lines` are, 0: all of them
size_t gradmq_table_print (const gradmq_table_t *self, FILE *to, size_t indent, size_t width,
                           size_t lines);

//  True when a cell was lost: out of memory.
bool gradmq_table_lost (const gradmq_table_t *self);

#endif
