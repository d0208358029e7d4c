#include "core/name.h"

#include "core/limit.h"
#include "core/utf8.h"

#include <stddef.h>
#include <string.h>

static bool
s_letter_or_digit (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool
gradmq_name_valid (const char *name)
{
    if (!name || !s_letter_or_digit (name [0]))
        return false;
    size_t size = strnlen (name, GRADMQ_NAME_BYTES_MAX + 1);
    if (size > GRADMQ_NAME_BYTES_MAX)
        return false;
    for (size_t i = 1; i < size; i++)
        if (!s_letter_or_digit (name [i]) && name [i] != '-' && name [i] != '.')
            return false;
    return true;
}

static bool
s_printable (const char *name, size_t most)
{
    if (!name)
        return false;
    size_t size = strnlen (name, most + 1);
    if (size == 0 || size > most)
        return false;
    for (size_t i = 0; i < size;) {
        size_t length = gradmq_utf8_length (name + i, size - i);
        if (!length || (unsigned char) name [i] < 0x20 || name [i] == 0x7f)
            return false;
        i += length;
    }
    return true;
}

bool
gradmq_tensor_name_valid (const char *name)
{
    return s_printable (name, GRADMQ_TENSOR_NAME_BYTES_MAX) && strcmp (name, "__metadata__") != 0;
}

bool
gradmq_metric_name_valid (const char *name)
{
    return s_printable (name, GRADMQ_NAME_BYTES_MAX);
}
