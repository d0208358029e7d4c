#include "core/json.h"

#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

//  What stands for the character at `text`: into `piece`; returns how many bytes of text it took.
static size_t
s_escape (char piece [8], const char *text, size_t left)
{
    static const char specials [] = "\"\\\b\f\n\r\t";
    static const char letters [] = "\"\\bfnrt";
    const char *special = strchr (specials, text [0]);
    if (special) {
        snprintf (piece, 8, "\\%c", letters [special - specials]);
        return 1;
    }
    if ((unsigned char) text [0] < 0x20 || text [0] == 0x7f) {
        snprintf (piece, 8, "\\u%04x", (unsigned) (unsigned char) text [0]);
        return 1;
    }
    size_t length = gradmq_utf8_length (text, left);
    if (!length) {
        snprintf (piece, 8, "\\ufffd");
        return 1;
    }
    memcpy (piece, text, length);
    piece [length] = 0;
    return length;
}

size_t
gradmq_json_quote (char *to, size_t size, const char *text)
{
    if (size < 3) {
        if (size)
            to [0] = 0;
        return 0;
    }
    size_t at = 0, left = strlen (text);
    to [at++] = '"';
    while (left) {
        char piece [8];
        size_t taken = s_escape (piece, text, left);
        size_t length = strlen (piece);
        if (at + length + 2 > size)
            break;
        memcpy (to + at, piece, length);
        at += length;
        text += taken;
        left -= taken;
    }
    to [at++] = '"';
    to [at] = 0;
    return at;
}
