#include "settings/group.h"

#include "core/utf8.h"
#include "settings/real.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  Where a reader stands in the text.
typedef struct {
    const char *at;
    size_t number;  //  of the group, from 1
    gradmq_reason_t *reason;
} s_reader_t;

enum { WORD_BYTES = 80 };

static const char s_can_be [] = "rate_scale=X, weight_decay=X, l2=X, frozen";

static void
s_skip_spaces (s_reader_t *self)
{
    self->at += strspn (self->at, " \t");
}

static bool
s_group_ends (const s_reader_t *self)
{
    return *self->at == ';' || *self->at == 0;
}

static gradmq_err_t
s_wrong (const s_reader_t *self, const char *what, const char *value)
{
    return gradmq_refuse (self->reason, GRADMQ_ERR_ARGUMENT, "groups: group %zu: %s \"%.120s\"",
                          self->number, what, value);
}

static gradmq_err_t
s_pattern_too_long (const s_reader_t *self)
{
    return gradmq_refuse (self->reason, GRADMQ_ERR_ARGUMENT,
                          "groups: group %zu: its pattern is longer than %u bytes", self->number,
                          GRADMQ_TENSOR_NAME_BYTES_MAX);
}

static gradmq_err_t
s_read_quoted (s_reader_t *self, char *pattern)
{
    const char *start = self->at++;
    for (size_t length = 0;; length++) {
        if (*self->at == 0)
            return s_wrong (self, "a quote is not closed in", start);
        if (*self->at == '\'' && *++self->at != '\'')
            return s_group_ends (self) || strchr (" \t", *self->at)
                       ? GRADMQ_OK
                       : s_wrong (self, "a space is missing before", self->at);
        if (length == GRADMQ_TENSOR_NAME_BYTES_MAX)
            return s_pattern_too_long (self);
        pattern [length] = *self->at++;
    }
}

//  `pattern` is all zeros and has room for the longest.
static gradmq_err_t
s_read_pattern (s_reader_t *self, char *pattern)
{
    if (*self->at == '\'')
        return s_read_quoted (self, pattern);
    size_t length = strcspn (self->at, "; \t");
    if (length > GRADMQ_TENSOR_NAME_BYTES_MAX)
        return s_pattern_too_long (self);
    memcpy (pattern, self->at, length);
    self->at += length;
    return GRADMQ_OK;
}

//  The number of `word` (NAME=NUMBER) into *value, when its name is `name`.
static bool
s_is_number (const char *word, const char *name, double *value)
{
    size_t length = strlen (name);
    return strncmp (word, name, length) == 0 && word [length] == '='
           && gradmq_real_read (word + length + 1, value);
}

static gradmq_err_t
s_apply_word (const s_reader_t *self, gradmq_group_t *group, const char *word, bool given [4])
{
    double value = 0.0;
    size_t which;
    if (s_is_number (word, "rate_scale", &value)) {
        group->rate_scale = value;
        which = 0;
    } else if (s_is_number (word, "weight_decay", &value)) {
        group->weight_decay = value;
        group->has_weight_decay = true;
        which = 1;
    } else if (s_is_number (word, "l2", &value)) {
        group->l2 = value;
        group->has_l2 = true;
        which = 2;
    } else if (strcmp (word, "frozen") == 0) {
        group->frozen = true;
        which = 3;
    } else
        return gradmq_refuse (self->reason, GRADMQ_ERR_ARGUMENT,
                              "groups: group %zu (%.128s): \"%s\" is none of %s", self->number,
                              group->pattern, word, s_can_be);
    if (given [which])
        return s_wrong (self, "twice in one group:", word);
    given [which] = true;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_group (s_reader_t *self, gradmq_group_t *group)
{
    memset (group, 0, sizeof *group);
    group->rate_scale = 1.0;
    gradmq_err_t err = s_read_pattern (self, group->pattern);
    if (!err && !group->pattern [0])
        return s_wrong (self, "a pattern is missing before", self->at);
    bool given [4] = {false};
    while (!err) {
        s_skip_spaces (self);
        if (s_group_ends (self))
            return gradmq_group_check (group, self->reason);
        size_t length = strcspn (self->at, "; \t");
        if (length >= WORD_BYTES)
            return s_wrong (self, "not a word of a group:", self->at);
        char word [WORD_BYTES] = "";
        memcpy (word, self->at, length);
        self->at += length;
        err = s_apply_word (self, group, word, given);
    }
    return err;
}

//  All groups into `groups`, their number into *count.
static gradmq_err_t
s_read_groups (s_reader_t *self, gradmq_group_t *groups, size_t *count)
{
    gradmq_err_t err = GRADMQ_OK;
    s_skip_spaces (self);
    while (*self->at && !err) {
        if (*count == GRADMQ_GROUPS_MAX)
            return gradmq_refuse (self->reason, GRADMQ_ERR_ARGUMENT,
                                  "groups: there are more than %u groups", GRADMQ_GROUPS_MAX);
        self->number = *count + 1;
        err = s_read_group (self, &groups [*count]);
        ++*count;
        self->at += *self->at == ';';
        s_skip_spaces (self);
    }
    return err;
}

gradmq_err_t
gradmq_groups_parse (gradmq_settings_t *self, const char *text, gradmq_reason_t *reason)
{
    s_reader_t reader = {.at = text, .reason = reason};
    gradmq_group_t groups [GRADMQ_GROUPS_MAX];
    size_t count = 0;
    gradmq_err_t err = s_read_groups (&reader, groups, &count);
    if (err)
        return err;
    memcpy (self->groups, groups, count * sizeof groups [0]);
    self->group_count = count;
    self->groups_given = true;
    return GRADMQ_OK;
}

static bool
s_printable (const char *text)
{
    for (size_t left = strlen (text); left;) {
        size_t length = gradmq_utf8_length (text, left);
        if (!length || (unsigned char) *text < 0x20 || *text == 0x7f)
            return false;
        text += length;
        left -= length;
    }
    return true;
}

gradmq_err_t
gradmq_group_check (const gradmq_group_t *self, gradmq_reason_t *reason)
{
    const char *wrong = NULL;
    if (!self->pattern [0])
        wrong = "has no pattern";
    else if (!s_printable (self->pattern))
        wrong = "has a pattern with control characters or broken UTF-8";
    else if (!(self->rate_scale >= 0 && self->rate_scale <= 1e6))
        wrong = "has a rate_scale outside 0 to 1000000";
    else if (self->has_weight_decay && !(self->weight_decay >= 0 && self->weight_decay <= 1e3))
        wrong = "has a weight_decay outside 0 to 1000";
    else if (self->has_l2 && !(self->l2 >= 0 && self->l2 <= 1e3))
        wrong = "has an l2 outside 0 to 1000";
    if (!wrong)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "group \"%s\" %s", self->pattern, wrong);
}

//  What was written so far.
typedef struct {
    char *text;
    size_t size;
    size_t length;  //  also beyond the size
} s_writer_t;

static void
s_put (s_writer_t *self, const char *text)
{
    for (; *text; text++) {
        if (self->length + 1 < self->size)
            self->text [self->length] = *text;
        self->length++;
    }
}

static void
s_put_pattern (s_writer_t *self, const char *pattern)
{
    bool quoted = pattern [0] == '\'' || pattern [strcspn (pattern, " ;")];
    if (!quoted) {
        s_put (self, pattern);
        return;
    }
    s_put (self, "'");
    for (; *pattern; pattern++)
        s_put (self, *pattern == '\'' ? "''" : (char [2]){*pattern, 0});
    s_put (self, "'");
}

static void
s_put_number (s_writer_t *self, const char *name, double value)
{
    char number [GRADMQ_REAL_TEXT_BYTES];
    gradmq_real_write (value, number, sizeof number);
    s_put (self, name);
    s_put (self, number);
}

size_t
gradmq_groups_format (const gradmq_settings_t *self, char *text, size_t size)
{
    s_writer_t writer = {.text = text, .size = size};
    for (size_t i = 0; i < self->group_count; i++) {
        const gradmq_group_t *group = &self->groups [i];
        s_put (&writer, i ? "; " : "");
        s_put_pattern (&writer, group->pattern);
        if (group->rate_scale < 1.0 || group->rate_scale > 1.0)
            s_put_number (&writer, " rate_scale=", group->rate_scale);
        if (group->has_weight_decay)
            s_put_number (&writer, " weight_decay=", group->weight_decay);
        if (group->has_l2)
            s_put_number (&writer, " l2=", group->l2);
        s_put (&writer, group->frozen ? " frozen" : "");
    }
    if (size)
        text [writer.length < size ? writer.length : size - 1] = 0;
    return writer.length;
}
