#include "core/utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool
s_continues (const uint8_t *bytes, size_t from, size_t length)
{
    for (size_t i = from; i < length; i++)
        if ((bytes [i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t
gradmq_utf8_length (const char *text, size_t left)
{
    const uint8_t *bytes = (const uint8_t *) text;
    if (left == 0)
        return 0;
    uint8_t first = bytes [0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || left < length)
        return 0;
    //  The second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (bytes [1] < low || bytes [1] > high)
        return 0;
    return s_continues (bytes, 2, length) ? length : 0;
}
