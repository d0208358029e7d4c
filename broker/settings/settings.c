#include "settings/settings.h"

#include "settings/group.h"
#include "settings/real.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(name) offsetof (gradmq_settings_t, name)

const gradmq_setting_row_t gradmq_setting_table [] = {
#define TEXT(n, r, value, among, words)                                                            \
    {.name = #n,                                                                                   \
     .type = GRADMQ_SETTING_TEXT,                                                                  \
     .reader = GRADMQ_READER_##r,                                                                  \
     .offset = AT (n),                                                                             \
     .text = value,                                                                                \
     .choices = among,                                                                             \
     .unit = "",                                                                                   \
     .help = words},
#define REAL(n, r, value, low, high, of, words)                                                    \
    {.name = #n,                                                                                   \
     .type = GRADMQ_SETTING_REAL,                                                                  \
     .reader = GRADMQ_READER_##r,                                                                  \
     .offset = AT (n),                                                                             \
     .real = value,                                                                                \
     .least = low,                                                                                 \
     .most = high,                                                                                 \
     .unit = of,                                                                                   \
     .help = words},
#define COUNT(n, r, value, low, high, of, words)                                                   \
    {.name = #n,                                                                                   \
     .type = GRADMQ_SETTING_COUNT,                                                                 \
     .reader = GRADMQ_READER_##r,                                                                  \
     .offset = AT (n),                                                                             \
     .count = value,                                                                               \
     .least = low,                                                                                 \
     .most = high,                                                                                 \
     .unit = of,                                                                                   \
     .help = words},
#define FLAG(n, r, value, words)                                                                   \
    {.name = #n,                                                                                   \
     .type = GRADMQ_SETTING_FLAG,                                                                  \
     .reader = GRADMQ_READER_##r,                                                                  \
     .offset = AT (n),                                                                             \
     .flag = value,                                                                                \
     .unit = "",                                                                                   \
     .help = words},
#include "settings/setting.def"
#undef TEXT
#undef REAL
#undef COUNT
#undef FLAG
};

static void *
s_value (gradmq_settings_t *self, const gradmq_setting_row_t *row)
{
    return (char *) self + row->offset;
}

static const void *
s_value_const (const gradmq_settings_t *self, const gradmq_setting_row_t *row)
{
    return (const char *) self + row->offset;
}

const gradmq_setting_row_t *
gradmq_setting_find (const char *name)
{
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        if (strcmp (gradmq_setting_table [i].name, name) == 0)
            return &gradmq_setting_table [i];
    return NULL;
}

gradmq_setting_id_t
gradmq_setting_id (const gradmq_setting_row_t *row)
{
    return (gradmq_setting_id_t) (row - gradmq_setting_table);
}

static void
s_set_default (gradmq_settings_t *self, const gradmq_setting_row_t *row)
{
    void *value = s_value (self, row);
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            snprintf (value, GRADMQ_SETTING_TEXT_BYTES, "%s", row->text);
            break;
        case GRADMQ_SETTING_REAL:
            *(double *) value = row->real;
            break;
        case GRADMQ_SETTING_COUNT:
            *(uint64_t *) value = row->count;
            break;
        case GRADMQ_SETTING_FLAG:
            *(bool *) value = row->flag;
            break;
    }
    self->given [gradmq_setting_id (row)] = false;
}

void
gradmq_settings_init (gradmq_settings_t *self)
{
    memset (self, 0, sizeof *self);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        s_set_default (self, &gradmq_setting_table [i]);
}

static gradmq_err_t
s_unknown (const char *name, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "there is no setting \"%.80s\"; `gradmq settings` lists them", name);
}

gradmq_err_t
gradmq_settings_reset (gradmq_settings_t *self, const char *name, gradmq_reason_t *reason)
{
    if (strcmp (name, "groups") == 0) {
        self->groups_given = false;
        self->group_count = 0;
        return GRADMQ_OK;
    }
    const gradmq_setting_row_t *row = gradmq_setting_find (name);
    if (!row)
        return s_unknown (name, reason);
    s_set_default (self, row);
    return GRADMQ_OK;
}

//  True when `word` is one of the words in `choices`.
static bool
s_among (const char *choices, const char *word)
{
    size_t length = strlen (word);
    for (const char *at = choices; *at;) {
        size_t size = strcspn (at, " ");
        if (size == length && strncmp (at, word, size) == 0)
            return true;
        at += size;
        at += *at == ' ';
    }
    return false;
}

static gradmq_err_t
s_check_text (const gradmq_setting_row_t *row, const char *text, gradmq_reason_t *reason)
{
    if (strlen (text) >= GRADMQ_SETTING_TEXT_BYTES)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s is longer than %d bytes", row->name,
                              GRADMQ_SETTING_TEXT_BYTES - 1);
    if (row->choices [0] && !s_among (row->choices, text))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "%s is \"%.80s\"; it can be: %s",
                              row->name, text, row->choices);
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_range (const gradmq_setting_row_t *row, double value, gradmq_reason_t *reason)
{
    if (value >= row->least && value <= row->most)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s is %.15g; it can be %.15g to %.15g%s%s",
                          row->name, value, row->least, row->most, row->unit [0] ? " " : "",
                          row->unit);
}

static gradmq_err_t
s_check_value (const gradmq_settings_t *self, const gradmq_setting_row_t *row,
               gradmq_reason_t *reason)
{
    const void *value = s_value_const (self, row);
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            return s_check_text (row, value, reason);
        case GRADMQ_SETTING_REAL:
            return s_check_range (row, *(const double *) value, reason);
        case GRADMQ_SETTING_COUNT:
            return s_check_range (row, (double) *(const uint64_t *) value, reason);
        case GRADMQ_SETTING_FLAG:
            break;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_settings_check (const gradmq_settings_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < GRADMQ_SETTINGS && !err; i++)
        if (self->given [i])
            err = s_check_value (self, &gradmq_setting_table [i], reason);
    for (size_t i = 0; i < self->group_count && !err; i++)
        err = gradmq_group_check (&self->groups [i], reason);
    return err;
}

static gradmq_err_t
s_not_a (const gradmq_setting_row_t *row, const char *text, const char *what,
         gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s is \"%.80s\", which is not %s",
                          row->name, text, what);
}

static gradmq_err_t
s_parse_real (const gradmq_setting_row_t *row, const char *text, double *value,
              gradmq_reason_t *reason)
{
    if (!gradmq_real_read (text, value))
        return s_not_a (row, text, "a finite number", reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_parse_count (const gradmq_setting_row_t *row, const char *text, uint64_t *value,
               gradmq_reason_t *reason)
{
    char *end;
    errno = 0;
    *value = strtoull (text, &end, 10);
    if (text [0] < '0' || text [0] > '9' || *end || errno)
        return s_not_a (row, text, "a whole number", reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_parse_flag (const gradmq_setting_row_t *row, const char *text, bool *value,
              gradmq_reason_t *reason)
{
    *value = s_among ("true yes on 1", text);
    if (!*value && !s_among ("false no off 0", text))
        return s_not_a (row, text, "true or false", reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_settings_parse (gradmq_settings_t *self, const char *name, const char *text,
                       gradmq_reason_t *reason)
{
    if (strcmp (name, "groups") == 0)
        return gradmq_groups_parse (self, text, reason);
    const gradmq_setting_row_t *row = gradmq_setting_find (name);
    if (!row)
        return s_unknown (name, reason);
    gradmq_settings_t trial = *self;
    void *value = s_value (&trial, row);
    gradmq_err_t err = GRADMQ_OK;
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            err = s_check_text (row, text, reason);
            if (!err)
                snprintf (value, GRADMQ_SETTING_TEXT_BYTES, "%s", text);
            break;
        case GRADMQ_SETTING_REAL:
            err = s_parse_real (row, text, value, reason);
            break;
        case GRADMQ_SETTING_COUNT:
            err = s_parse_count (row, text, value, reason);
            break;
        case GRADMQ_SETTING_FLAG:
            err = s_parse_flag (row, text, value, reason);
            break;
    }
    if (!err)
        err = s_check_value (&trial, row, reason);
    if (err)
        return err;
    trial.given [gradmq_setting_id (row)] = true;
    *self = trial;
    return GRADMQ_OK;
}

void
gradmq_settings_merge (gradmq_settings_t *self, const gradmq_settings_t *change)
{
    static const size_t sizes [] = {GRADMQ_SETTING_TEXT_BYTES, sizeof (double), sizeof (uint64_t),
                                    sizeof (bool)};
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (!change->given [i])
            continue;
        memcpy (s_value (self, row), s_value_const (change, row), sizes [row->type]);
        self->given [i] = true;
    }
    if (!change->groups_given)
        return;
    self->groups_given = true;
    self->group_count = change->group_count;
    memcpy (self->groups, change->groups, sizeof self->groups);
}

size_t
gradmq_settings_format (const gradmq_settings_t *self, gradmq_setting_id_t id, char *text,
                        size_t size)
{
    const gradmq_setting_row_t *row = &gradmq_setting_table [id];
    const void *value = s_value_const (self, row);
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            return (size_t) snprintf (text, size, "%s", (const char *) value);
        case GRADMQ_SETTING_REAL:
            return gradmq_real_write (*(const double *) value, text, size);
        case GRADMQ_SETTING_COUNT:
            return (size_t) snprintf (text, size, "%" PRIu64, *(const uint64_t *) value);
        case GRADMQ_SETTING_FLAG:
            return (size_t) snprintf (text, size, "%s", *(const bool *) value ? "true" : "false");
    }
    return 0;
}
