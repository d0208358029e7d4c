//  Writing one JSON document, piece by piece.

#ifndef GRADMQ_CLI_PRINTER_H
#define GRADMQ_CLI_PRINTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    FILE *to;
    bool comma;  //  something stands before what comes next
} gradmq_printer_t;

gradmq_printer_t gradmq_printer (FILE *to);

//  `key` is NULL inside a list and for the document itself. A text that is NULL and a number that
//  is not finite are written as null.
void gradmq_printer_open (gradmq_printer_t *self, const char *key);
void gradmq_printer_close (gradmq_printer_t *self);
void gradmq_printer_open_list (gradmq_printer_t *self, const char *key);
void gradmq_printer_close_list (gradmq_printer_t *self);
void gradmq_printer_text (gradmq_printer_t *self, const char *key, const char *text);
void gradmq_printer_count (gradmq_printer_t *self, const char *key, uint64_t value);
void gradmq_printer_real (gradmq_printer_t *self, const char *key, double value);
void gradmq_printer_flag (gradmq_printer_t *self, const char *key, bool value);

//  A number of 64 random bits, as 16 hexadecimal digits in quotes: more than a double can hold.
void gradmq_printer_id (gradmq_printer_t *self, const char *key, uint64_t value);

//  The line's end.
void gradmq_printer_end (gradmq_printer_t *self);

#endif
