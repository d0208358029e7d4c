//  Real numbers as text.

#ifndef GRADMQ_SETTINGS_REAL_H
#define GRADMQ_SETTINGS_REAL_H

#include <stdbool.h>
#include <stddef.h>

#define GRADMQ_REAL_TEXT_BYTES 32

//  The finite number that is all of `text`; false when it is none. Decimal digits, a point, an
//  exponent: neither spaces nor hexadecimal.
bool gradmq_real_read (const char *text, double *value);

//  The fewest digits, from six on, that read back as the same number; "" for NAN.
//    returns text's length
size_t gradmq_real_write (double value, char *text, size_t size);

#endif
