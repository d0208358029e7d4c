#include "checkpoint/json_reader.h"

#include "core/size.h"
#include "core/utf8.h"

#include <string.h>

gradmq_json_reader_t
gradmq_json_reader (char *text, size_t size)
{
    return (gradmq_json_reader_t){.text = text, .size = size};
}

static bool
s_fail (gradmq_json_reader_t *self, const char *wrong)
{
    if (!self->wrong)
        self->wrong = wrong;
    return false;
}

static void
s_skip_space (gradmq_json_reader_t *self)
{
    while (self->at < self->size && memchr (" \t\n\r", self->text [self->at], 4))
        self->at++;
}

bool
gradmq_json_next_is (gradmq_json_reader_t *self, char c)
{
    if (self->wrong)
        return false;
    s_skip_space (self);
    if (self->at == self->size || self->text [self->at] != c)
        return false;
    self->at++;
    return true;
}

bool
gradmq_json_take (gradmq_json_reader_t *self, char c, const char *wrong)
{
    return gradmq_json_next_is (self, c) || s_fail (self, wrong);
}

static int
s_hex (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

//  Four hexadecimal digits from `at` on, -1 when they are not there.
static long
s_hex4 (const gradmq_json_reader_t *self, size_t at)
{
    long value = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = i < self->size ? s_hex (self->text [i]) : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

//  Write a code point as UTF-8 at `to`; returns its length.
static size_t
s_put_utf8 (char *to, long point)
{
    static const unsigned char first [] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        to [i] = (char) (0x80 | (point & 0x3f));
    to [0] = (char) ((length > 1 ? first [length] : 0) | point);
    return length;
}

//  \uXXXX, or two of them that stand for one character; `at` is behind the u.
static bool
s_unescape_unicode (gradmq_json_reader_t *self, char *to, size_t *length)
{
    long point = s_hex4 (self, self->at);
    if (point < 0)
        return s_fail (self, "four hexadecimal digits");
    if (point == 0)
        return s_fail (self, "a character other than NUL");
    self->at += 4;
    if (point >= 0xd800 && point <= 0xdfff) {
        bool pair = self->size - self->at >= 6 && self->text [self->at] == '\\'
                    && self->text [self->at + 1] == 'u';
        long low = pair ? s_hex4 (self, self->at + 2) : -1;
        if (point > 0xdbff || low < 0xdc00 || low > 0xdfff)
            return s_fail (self, "a whole pair of surrogates");
        self->at += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    *length += s_put_utf8 (to + *length, point);
    return true;
}

//  What follows a backslash, decoded to to [*length].
static bool
s_unescape (gradmq_json_reader_t *self, char *to, size_t *length)
{
    static const char letters [] = "\"\\/bfnrt", meant [] = "\"\\/\b\f\n\r\t";
    if (self->at == self->size)
        return s_fail (self, "the end of a string");
    char letter = self->text [self->at];
    if (letter == 'u') {
        self->at++;
        return s_unescape_unicode (self, to, length);
    }
    const char *known = letter ? strchr (letters, letter) : NULL;
    if (!known)
        return s_fail (self, "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
    self->at++;
    to [(*length)++] = meant [known - letters];
    return true;
}

bool
gradmq_json_take_string (gradmq_json_reader_t *self, const char **text)
{
    if (!gradmq_json_take (self, '"', "a string"))
        return false;
    char *to = self->text + self->at;
    size_t length = 0;
    while (self->at < self->size && self->text [self->at] != '"') {
        const char *from = self->text + self->at;
        if (*from == '\\') {
            self->at++;
            if (!s_unescape (self, to, &length))
                return false;
            continue;
        }
        if ((unsigned char) *from < 0x20)
            return s_fail (self, "no control character inside a string");
        size_t bytes = gradmq_utf8_length (from, self->size - self->at);
        if (!bytes)
            return s_fail (self, "valid UTF-8");
        memmove (to + length, from, bytes);
        length += bytes;
        self->at += bytes;
    }
    if (self->at == self->size)
        return s_fail (self, "the end of a string");
    self->at++;
    to [length] = 0;
    *text = to;
    return true;
}

static bool
s_is_digit (const gradmq_json_reader_t *self)
{
    return self->at < self->size && self->text [self->at] >= '0' && self->text [self->at] <= '9';
}

bool
gradmq_json_take_u64 (gradmq_json_reader_t *self, uint64_t *value)
{
    if (self->wrong)
        return false;
    s_skip_space (self);
    if (!s_is_digit (self))
        return s_fail (self, "a whole number from 0 on");
    size_t start = self->at;
    uint64_t number = 0;
    for (; s_is_digit (self); self->at++) {
        uint64_t digit = (uint64_t) (self->text [self->at] - '0');
        if (!gradmq_size_mul (number, 10, &number) || !gradmq_size_add (number, digit, &number))
            return s_fail (self, "a number below 2^64");
    }
    if (self->text [start] == '0' && self->at > start + 1)
        return s_fail (self, "a number without leading zeros");
    if (self->at < self->size && memchr (".eE", self->text [self->at], 3))
        return s_fail (self, "a number without fraction and exponent");
    *value = number;
    return true;
}

bool
gradmq_json_take_end (gradmq_json_reader_t *self)
{
    if (self->wrong)
        return false;
    s_skip_space (self);
    return self->at == self->size || s_fail (self, "nothing but spaces to the end");
}
