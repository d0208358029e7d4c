//  The configuration of gradmqd: one struct, one table (option.def), a section of settings.

#ifndef GRADMQ_CONFIG_CONFIG_H
#define GRADMQ_CONFIG_CONFIG_H

#include "core/reason.h"
#include "settings/settings.h"

//  The longest file, and the longest value: that of a line of the format.
#define GRADMQ_CONFIG_FILE_BYTES_MAX (1u << 20)
#define GRADMQ_CONFIG_VALUE_BYTES_MAX 1000u

typedef enum {
#define TEXT(field, path, form, value, most, choices, help) GRADMQ_OPTION_##field,
#define COUNT(field, path, value, least, most, unit, help) GRADMQ_OPTION_##field,
#define FLAG(field, path, value, help) GRADMQ_OPTION_##field,
#include "config/option.def"
#undef TEXT
#undef COUNT
#undef FLAG
    GRADMQ_OPTIONS
} gradmq_option_id_t;

typedef enum { GRADMQ_OPTION_TEXT, GRADMQ_OPTION_COUNT, GRADMQ_OPTION_FLAG } gradmq_option_type_t;

typedef enum {
    GRADMQ_FORM_PLAIN,
    GRADMQ_FORM_NAME,
    GRADMQ_FORM_ENDPOINTS,
    GRADMQ_FORM_ADDRESS,
    GRADMQ_FORM_PATH
} gradmq_option_form_t;

//  One row of the table, for those who go over all options.
typedef struct {
    const char *path;
    gradmq_option_type_t type;
    gradmq_option_form_t form;  //  TEXT
    size_t offset;              //  of the value in gradmq_config_t
    const char *text;           //  TEXT: default
    const char *choices;        //  TEXT: with spaces between, or ""
    uint64_t count;             //  COUNT: default
    uint64_t least, most;       //  COUNT: range, both ends included; TEXT: most bytes
    bool flag;                  //  FLAG: default
    const char *unit;
    const char *help;
} gradmq_option_row_t;

//  GRADMQ_OPTIONS rows, in the order of gradmq_option_id_t.
extern const gradmq_option_row_t gradmq_option_table [];

typedef struct {
#define TEXT(field, path, form, value, most, choices, help) char field [most + 1];
#define COUNT(field, path, value, least, most, unit, help) uint64_t field;
#define FLAG(field, path, value, help) bool field;
#include "config/option.def"
#undef TEXT
#undef COUNT
#undef FLAG
    gradmq_settings_t settings;  //  what is given in the section "settings"
} gradmq_config_t;

//  Every option at its default, no setting given.
void gradmq_config_init (gradmq_config_t *self);

//  The row of this path, NULL when there is none. Settings have no row.
const gradmq_option_row_t *gradmq_option_find (const char *path);

//  True when an option or a setting has a path that goes on behind `path`.
bool gradmq_config_is_section (const char *path);

//  Give one option or setting the value that `value` writes.
//    `path`  such as "model/name" or "settings/optimizer"
//    errors  CONFIG, with the path, the value and what it can be; nothing is then changed
GRADMQ_MUST_CHECK gradmq_err_t gradmq_config_set (gradmq_config_t *self, const char *path,
                                                  const char *value, gradmq_reason_t *reason);

//  Write the value of one option as gradmq_config_set reads it.
//    returns text's length
size_t gradmq_config_format (const gradmq_config_t *self, gradmq_option_id_t id, char *text,
                             size_t size);

//  Read a configuration over what is in *self: CZMQ's zconfig format (core/zpl.h).
//    `name`  of the file, for the reason
//    errors  CONFIG, with file, line, path and what it can be; *self is then undefined
GRADMQ_MUST_CHECK gradmq_err_t gradmq_config_read (gradmq_config_t *self, const char *name,
                                                   const char *text, size_t size,
                                                   gradmq_reason_t *reason);

//  The same from a file.
//    errors  CONFIG; IO (cannot be read); MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_config_load (gradmq_config_t *self, const char *path,
                                                   gradmq_reason_t *reason);

//  What can only be checked when everything is read: options that need each other, settings that
//  optimizer and schedule do not read.
//    errors  CONFIG
GRADMQ_MUST_CHECK gradmq_err_t gradmq_config_check (const gradmq_config_t *self,
                                                    gradmq_reason_t *reason);

#endif
