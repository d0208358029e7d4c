#include "core/reason.h"

#include "core/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#undef gradmq_refuse

//  Put '?' in place of control characters and of bytes that are not UTF-8, also of a character
//  that was cut at the end.
static void
s_clean (char *text)
{
    size_t left = strlen (text);
    while (left) {
        size_t length = gradmq_utf8_length (text, left);
        bool control = (unsigned char) *text < 0x20 || *text == 0x7f;
        if (length == 0 || control) {
            *text = '?';
            length = 1;
        }
        text += length;
        left -= length;
    }
}

static void
s_print (char *text, size_t size, const char *format, va_list args)
{
    if (vsnprintf (text, size, format, args) < 0)
        text [0] = 0;
    s_clean (text);
}

gradmq_err_t
gradmq_refuse (gradmq_reason_t *self, gradmq_err_t code, const char *format, ...)
{
    if (!self)
        return code;
    self->code = code;
    va_list args;
    va_start (args, format);
    s_print (self->text, sizeof self->text, format, args);
    va_end (args);
    return code;
}

const char *
gradmq_reason_text (const gradmq_reason_t *self)
{
    return self->text [0] ? self->text : gradmq_err_text (self->code);
}
