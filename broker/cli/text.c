#include "cli/text.h"

#include "core/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t first, last;
} s_span_t;

static const s_span_t s_wide [] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},  {0xa960, 0xa97c},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};
static const s_span_t s_without_width [] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                            {0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
                                            {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
                                            {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
static const s_span_t s_harmful [] = {{0, 0x1f},        {0x7f, 0x9f},     {0x200e, 0x200f},
                                      {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}};

static bool
s_within (const s_span_t *spans, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++)
        if (point >= spans [i].first && point <= spans [i].last)
            return true;
    return false;
}

#define WITHIN(spans, point) s_within (spans, sizeof spans / sizeof spans [0], point)

//  The character at `text`, of `length` valid bytes.
static uint32_t
s_point (const char *text, size_t length)
{
    static const uint8_t masks [] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (uint8_t) text [0] & masks [length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((uint8_t) text [i] & 0x3f);
    return point;
}

static size_t
s_columns (uint32_t point)
{
    if (WITHIN (s_without_width, point))
        return 0;
    return WITHIN (s_wide, point) ? 2 : 1;
}

size_t
gradmq_text_fit (const char *text, size_t columns)
{
    size_t at = 0, left = strlen (text);
    while (left) {
        size_t length = gradmq_utf8_length (text + at, left);
        size_t width = length ? s_columns (s_point (text + at, length)) : 1;
        if (width > columns)
            break;
        columns -= width;
        length += !length;
        at += length;
        left -= length;
    }
    return at;
}

size_t
gradmq_text_width (const char *text)
{
    size_t width = 0, left = strlen (text);
    while (left) {
        size_t length = gradmq_utf8_length (text, left);
        width += length ? s_columns (s_point (text, length)) : 1;
        length += !length;
        text += length;
        left -= length;
    }
    return width;
}

const char *
gradmq_text_clean (char *to, size_t size, const char *text)
{
    size_t at = 0, left = strlen (text);
    while (left) {
        size_t length = gradmq_utf8_length (text, left);
        bool harmful = !length || WITHIN (s_harmful, s_point (text, length));
        size_t written = harmful ? 1 : length;
        if (at + written + 1 > size)
            break;
        if (harmful)
            to [at] = '?';
        else
            memmove (to + at, text, length);
        at += written;
        length += !length;
        text += length;
        left -= length;
    }
    if (size)
        to [at] = 0;
    return to;
}

const char *
gradmq_text_size (char text [GRADMQ_TEXT_BYTES], uint64_t size_bytes)
{
    static const char *const units [] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (size_bytes < 1024) {
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 " B", size_bytes);
        return text;
    }
    double value = (double) size_bytes / 1024;
    size_t unit = 0;
    //  1023.95 would be written as 1024.0.
    for (; value >= 1023.95 && unit < 5; unit++)
        value /= 1024;
    snprintf (text, GRADMQ_TEXT_BYTES, value < 99.95 ? "%.1f %s" : "%.0f %s", value, units [unit]);
    return text;
}

const char *
gradmq_text_span (char text [GRADMQ_TEXT_BYTES], uint64_t span_ms)
{
    uint64_t s = span_ms / 1000;
    if (span_ms < 1000)
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 " ms", span_ms);
    else if (s < 60)
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " s", s, span_ms % 1000 / 100);
    else if (s < 3600)
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
    else if (s < 86400)
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
                  s % 3600 / 60);
    else
        snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64 " d %" PRIu64 " h", s / 86400,
                  s % 86400 / 3600);
    return text;
}

const char *
gradmq_text_real (char text [GRADMQ_TEXT_BYTES], double value)
{
    double size = fabs (value);
    if (!isfinite (value))
        snprintf (text, GRADMQ_TEXT_BYTES, "-");
    else if (size >= 1000 && size < 1e7)
        snprintf (text, GRADMQ_TEXT_BYTES, "%.0f", value);
    else
        snprintf (text, GRADMQ_TEXT_BYTES, "%.4g", value);
    return text;
}

const char *
gradmq_text_exact (char text [GRADMQ_TEXT_BYTES], double value)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf (text, GRADMQ_TEXT_BYTES, "%.*g", digits, value);
        if (strtod (text, NULL) == value)
            break;
    }
    return text;
}

const char *
gradmq_text_count (char text [GRADMQ_TEXT_BYTES], uint64_t value)
{
    snprintf (text, GRADMQ_TEXT_BYTES, "%" PRIu64, value);
    return text;
}

const char *
gradmq_text_id (char text [GRADMQ_TEXT_BYTES], uint64_t value)
{
    snprintf (text, GRADMQ_TEXT_BYTES, "%016" PRIx64, value);
    return text;
}
