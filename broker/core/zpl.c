#include "core/zpl.h"

#include "core/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 4 };

void
gradmq_zpl_open (gradmq_zpl_t *self, const char *name, const char *text, size_t size)
{
    memset (self, 0, sizeof *self);
    self->name = name;
    self->text = text;
    self->size = size;
}

static gradmq_err_t
s_wrong (const gradmq_zpl_t *self, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%.200s:%zu: %s", self->name, self->line,
                          what);
}

static bool
s_is_space (char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

//  The next line into the buffer, without white space at its end.
static gradmq_err_t
s_read_line (gradmq_zpl_t *self, gradmq_reason_t *reason)
{
    const char *line = self->text + self->at;
    size_t left = self->size - self->at;
    const char *end = memchr (line, '\n', left);
    size_t length = end ? (size_t) (end - line) : left;
    self->at += length + (end != NULL);
    self->line++;
    if (length > GRADMQ_ZPL_LINE_BYTES_MAX)
        return s_wrong (self, "the line is longer than 1024 bytes", reason);
    for (size_t i = 0; i < length;) {
        size_t bytes = gradmq_utf8_length (line + i, length - i);
        if (!bytes)
            return s_wrong (self, "the line is not valid UTF-8", reason);
        if (((unsigned char) line [i] < 0x20 && !s_is_space (line [i])) || line [i] == 0x7f)
            return s_wrong (self, "the line has a control character", reason);
        i += bytes;
    }
    memcpy (self->buffer, line, length);
    while (length && s_is_space (self->buffer [length - 1]))
        length--;
    self->buffer [length] = 0;
    return GRADMQ_OK;
}

static char *
s_skip_space (char *at)
{
    while (s_is_space (*at))
        at++;
    return at;
}

static bool
s_is_over (const char *at)
{
    while (s_is_space (*at))
        at++;
    return *at == 0 || *at == '#';
}

//  What stands behind the = sign.
static gradmq_err_t
s_read_value (gradmq_zpl_t *self, char *at, gradmq_zpl_item_t *item, gradmq_reason_t *reason)
{
    at = s_skip_space (at);
    item->value = at;
    if (*at == '"' || *at == '\'') {
        char *end = strchr (at + 1, *at);
        if (!end)
            return s_wrong (self, "a quote is not closed", reason);
        if (!s_is_over (end + 1))
            return s_wrong (self, "there is more behind the closing quote", reason);
        *end = 0;
        item->value = at + 1;
        return GRADMQ_OK;
    }
    //  zconfig takes this comment for the value.
    if (*at == '#')
        return s_wrong (self, "a # behind the = needs quotes around it; no value is \"\"", reason);
    char *comment = strchr (at, '#');
    if (comment) {
        while (comment > at && s_is_space (comment [-1]))
            comment--;
        *comment = 0;
    }
    return GRADMQ_OK;
}

//  Make the path of an item at `level` out of that of its parents.
static void
s_enter (gradmq_zpl_t *self, size_t level, const char *name, size_t length)
{
    size_t at = level ? self->ends [level - 1] : 0;
    if (level)
        self->path [at++] = '/';
    memcpy (self->path + at, name, length);
    self->path [at + length] = 0;
    self->ends [level] = at + length;
    self->level = level + 1;
}

//  The item in the buffer; item->path stays NULL when there is none.
static gradmq_err_t
s_read_item (gradmq_zpl_t *self, gradmq_zpl_item_t *item, gradmq_reason_t *reason)
{
    static const char name_characters [] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789$-_@.&+";
    size_t indent = strspn (self->buffer, " ");
    if (indent % INDENT)
        return s_wrong (self, "indent by four spaces a level, comments too", reason);
    char *name = self->buffer + indent;
    size_t length = strspn (name, name_characters), level = indent / INDENT;
    if (length == 0)
        return s_is_over (name) ? GRADMQ_OK
                                : s_wrong (self, "expected a name, a comment or nothing", reason);
    if (level > self->level)
        return s_wrong (self, "indented deeper than one level below the line before", reason);
    if (level >= GRADMQ_ZPL_LEVELS_MAX)
        return s_wrong (self, "nested deeper than four levels", reason);
    s_enter (self, level, name, length);
    item->path = self->path;
    char *behind = s_skip_space (name + length);
    if (*behind == '=')
        return s_read_value (self, behind + 1, item, reason);
    return s_is_over (behind) ? GRADMQ_OK
                              : s_wrong (self, "expected = and a value behind the name", reason);
}

gradmq_err_t
gradmq_zpl_next (gradmq_zpl_t *self, gradmq_zpl_item_t *item, gradmq_reason_t *reason)
{
    *item = (gradmq_zpl_item_t){0};
    while (!item->path && self->at < self->size) {
        gradmq_err_t err = s_read_line (self, reason);
        if (!err)
            err = s_read_item (self, item, reason);
        if (err)
            return err;
        item->line = self->line;
    }
    return GRADMQ_OK;
}

bool
gradmq_zpl_quote (char *to, const char *value)
{
    char quote = strchr (value, '"') ? '\'' : '"';
    if (strchr (value, quote))
        return false;
    size_t length = strlen (value);
    to [0] = quote;
    memcpy (to + 1, value, length);
    to [length + 1] = quote;
    to [length + 2] = 0;
    return true;
}
