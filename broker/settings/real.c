#include "settings/real.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
gradmq_real_read (const char *text, double *value)
{
    if (!text [0] || text [strspn (text, "+-.0123456789eE")])
        return false;
    char *end;
    double number = strtod (text, &end);
    if (*end || !isfinite (number))
        return false;
    *value = number;
    return true;
}

size_t
gradmq_real_write (double value, char *text, size_t size)
{
    if (isnan (value))
        return (size_t) snprintf (text, size, "%s", "");
    int length = 0;
    char digits [GRADMQ_REAL_TEXT_BYTES];
    for (int count = 6; count <= 17; count++) {
        length = snprintf (digits, sizeof digits, "%.*g", count, value);
        if (!(strtod (digits, NULL) < value) && !(strtod (digits, NULL) > value))
            break;
    }
    snprintf (text, size, "%s", digits);
    return (size_t) length;
}
