//  Live progress on standard output: in place on a terminal, else a line each tenth of the way.

#ifndef DIGITS_PROGRESS_H
#define DIGITS_PROGRESS_H

#include "record.h"

typedef struct {
    uint64_t until;  //  gradients
    bool terminal;
    bool shown;       //  something stands on the terminal's line
    unsigned tenths;  //  that were printed
} digits_progress_t;

void digits_progress_begin (digits_progress_t *self, uint64_t until);
void digits_progress_show (digits_progress_t *self, const digits_point_t *point);

//  What was shown last stays.
void digits_progress_end (digits_progress_t *self);

#endif
