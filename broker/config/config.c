#include "config/config.h"

#include "config/form.h"
#include "core/address.h"
#include "step/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof (gradmq_config_t, field)

const gradmq_option_row_t gradmq_option_table [] = {
#define TEXT(field, key, shape, value, longest, among, words)                                      \
    {.path = key,                                                                                  \
     .type = GRADMQ_OPTION_TEXT,                                                                   \
     .form = GRADMQ_FORM_##shape,                                                                  \
     .offset = AT (field),                                                                         \
     .text = value,                                                                                \
     .choices = among,                                                                             \
     .most = longest,                                                                              \
     .unit = "",                                                                                   \
     .help = words},
#define COUNT(field, key, value, low, high, of, words)                                             \
    {.path = key,                                                                                  \
     .type = GRADMQ_OPTION_COUNT,                                                                  \
     .offset = AT (field),                                                                         \
     .count = value,                                                                               \
     .least = low,                                                                                 \
     .most = high,                                                                                 \
     .unit = of,                                                                                   \
     .help = words},
#define FLAG(field, key, value, words)                                                             \
    {.path = key,                                                                                  \
     .type = GRADMQ_OPTION_FLAG,                                                                   \
     .offset = AT (field),                                                                         \
     .flag = value,                                                                                \
     .unit = "",                                                                                   \
     .help = words},
#include "config/option.def"
#undef TEXT
#undef COUNT
#undef FLAG
};

static const char s_settings [] = "settings/";

enum { SETTINGS_LENGTH = sizeof s_settings - 1 };

void
gradmq_config_init (gradmq_config_t *self)
{
    memset (self, 0, sizeof *self);
    gradmq_settings_init (&self->settings);
    for (size_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const gradmq_option_row_t *row = &gradmq_option_table [i];
        void *value = (char *) self + row->offset;
        if (row->type == GRADMQ_OPTION_TEXT)
            memcpy (value, row->text, strlen (row->text) + 1);
        else if (row->type == GRADMQ_OPTION_COUNT)
            *(uint64_t *) value = row->count;
        else
            *(bool *) value = row->flag;
    }
}

const gradmq_option_row_t *
gradmq_option_find (const char *path)
{
    for (size_t i = 0; i < GRADMQ_OPTIONS; i++)
        if (strcmp (gradmq_option_table [i].path, path) == 0)
            return &gradmq_option_table [i];
    return NULL;
}

//  True when `path` goes on behind `section` and a slash.
static bool
s_is_under (const char *path, const char *section)
{
    size_t length = strlen (section);
    return strncmp (path, section, length) == 0 && path [length] == '/';
}

bool
gradmq_config_is_section (const char *path)
{
    for (size_t i = 0; i < GRADMQ_OPTIONS; i++)
        if (s_is_under (gradmq_option_table [i].path, path))
            return true;
    return s_is_under (s_settings, path);
}

//  The keys of a section, with commas between; cut at `size`.
static void
s_list_keys (const char *section, char *text, size_t size)
{
    size_t at = 0, length = strlen (section);
    text [0] = 0;
    for (size_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const char *path = gradmq_option_table [i].path;
        bool inside = length ? s_is_under (path, section) : strchr (path, '/') == NULL;
        if (!inside || at + strlen (path) + 3 > size)
            continue;
        at += (size_t) snprintf (text + at, size - at, "%s%s", at ? ", " : "",
                                 path + (length ? length + 1 : 0));
    }
}

static gradmq_err_t
s_unknown (const char *path, gradmq_reason_t *reason)
{
    char section [32] = "", keys [200];
    const char *slash = strchr (path, '/');
    if (slash && (size_t) (slash - path) < sizeof section)
        memcpy (section, path, (size_t) (slash - path));
    if (!slash || !gradmq_config_is_section (section))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "there is no option \"%.80s\"; `gradmqd --help` lists them", path);
    s_list_keys (section, keys, sizeof keys);
    return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                          "there is no option \"%.80s\"; section %s has %s", path, section, keys);
}

//  Whether these settings go together: optimizer and schedule exist, and read what is given.
static gradmq_err_t
s_resolve (const gradmq_settings_t *settings, gradmq_reason_t *why)
{
    gradmq_settings_t defaults, result;
    const char *unset [GRADMQ_UNSET_MAX];
    size_t unset_count = 0;
    gradmq_resolve_defaults (&defaults);
    return gradmq_resolve (&defaults, settings, NULL, 0, &result, unset, &unset_count, why);
}

//  A text may name a row of another table; that it is there can be said where it is given. What a
//  number depends on, or whether a text has an effect, may be given later.
static gradmq_err_t
s_check_text (const char *name, const char *value, gradmq_reason_t *why)
{
    const gradmq_setting_row_t *row = gradmq_setting_find (name);
    gradmq_settings_t alone;
    if (!row || row->type != GRADMQ_SETTING_TEXT)
        return GRADMQ_OK;
    gradmq_settings_init (&alone);
    gradmq_err_t err = gradmq_settings_parse (&alone, name, value, why);
    if (!err && s_resolve (&alone, why) == GRADMQ_ERR_UNSUPPORTED)
        err = GRADMQ_ERR_UNSUPPORTED;
    return err;
}

static gradmq_err_t
s_set_setting (gradmq_config_t *self, const char *path, const char *value, gradmq_reason_t *reason)
{
    gradmq_reason_t why = {0};
    const char *name = path + SETTINGS_LENGTH;
    gradmq_err_t err = s_check_text (name, value, &why);
    if (!err)
        err = gradmq_settings_parse (&self->settings, name, value, &why);
    if (!err)
        return GRADMQ_OK;
    bool named = strncmp (why.text, name, strlen (name)) == 0;
    return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%s%.400s",
                          named ? s_settings : "settings: ", gradmq_reason_text (&why));
}

static gradmq_err_t
s_set_text (const gradmq_option_row_t *row, char *field, const char *value, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_form_check (row, value, reason);
    if (!err)
        memcpy (field, value, strlen (value) + 1);
    return err;
}

gradmq_err_t
gradmq_config_set (gradmq_config_t *self, const char *path, const char *value,
                   gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_form_check_value (path, value, reason);
    if (err)
        return err;
    if (strncmp (path, s_settings, SETTINGS_LENGTH) == 0)
        return s_set_setting (self, path, value, reason);
    const gradmq_option_row_t *row = gradmq_option_find (path);
    if (!row)
        return s_unknown (path, reason);
    void *field = (char *) self + row->offset;
    switch (row->type) {
        case GRADMQ_OPTION_TEXT:
            return s_set_text (row, field, value, reason);
        case GRADMQ_OPTION_COUNT:
            return gradmq_form_count (row, value, field, reason);
        case GRADMQ_OPTION_FLAG:
            return gradmq_form_flag (row, value, field, reason);
    }
    return GRADMQ_ERR_INTERNAL;
}

size_t
gradmq_config_format (const gradmq_config_t *self, gradmq_option_id_t id, char *text, size_t size)
{
    const gradmq_option_row_t *row = &gradmq_option_table [id];
    const void *value = (const char *) self + row->offset;
    switch (row->type) {
        case GRADMQ_OPTION_TEXT:
            return (size_t) snprintf (text, size, "%s", (const char *) value);
        case GRADMQ_OPTION_COUNT:
            return (size_t) snprintf (text, size, "%" PRIu64, *(const uint64_t *) value);
        case GRADMQ_OPTION_FLAG:
            return (size_t) snprintf (text, size, "%s", *(const bool *) value ? "true" : "false");
    }
    return 0;
}

static gradmq_err_t
s_check_settings (const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    gradmq_reason_t why = {0};
    if (!s_resolve (settings, &why))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "settings: %.400s", gradmq_reason_text (&why));
}

//  Nobody is asked for a key over HTTP, so that it has to be meant where others can reach it.
static gradmq_err_t
s_check_http (const gradmq_config_t *self, gradmq_reason_t *reason)
{
    gradmq_address_t address;
    if (!self->http_listen [0])
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_address_read (&address, self->http_listen, reason);
    if (err || address.loopback || self->http_allow_plain_tcp)
        return err;
    return gradmq_refuse (
        reason, GRADMQ_ERR_CONFIG,
        "http/listen is %s, which can be reached from other machines, and anybody "
        "there could read what it tells: use 127.0.0.1, or set "
        "http/allow_plain_tcp to true",
        self->http_listen);
}

gradmq_err_t
gradmq_config_check (const gradmq_config_t *self, gradmq_reason_t *reason)
{
    if (self->model_start && !self->model_load [0])
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "model/start is true, which needs a file in model/load");
    if (!self->sockets_control [0])
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "sockets/control is empty; nobody could reach this daemon");
    if (!self->security_secret [0] != !self->security_authorised [0])
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "%s is empty; CURVE needs both security/secret and "
                              "security/authorised, and without it both are empty",
                              self->security_secret [0] ? "security/authorised"
                                                        : "security/secret");
    gradmq_err_t err = s_check_http (self, reason);
    return err ? err : s_check_settings (&self->settings, reason);
}
