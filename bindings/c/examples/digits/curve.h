//  Loss and accuracy over gradients, as a picture.

#ifndef DIGITS_CURVE_H
#define DIGITS_CURVE_H

#include "record.h"

//  Draw a run of `workers` workers beside a run in one process and a linear model. SVG 1.1 without
//  scripts, styles or anything from outside.
//    errors  false; the sentence went to stderr
bool digits_curve_draw (const char *path, const digits_record_t *run, const digits_record_t *solo,
                        const digits_record_t *linear, unsigned workers);

#endif
