//  The settings of a coordinator: one struct, one table (setting.def).
//
//  The same struct serves as a change (some values given) and as what is in force (all values
//  there, `given` telling which of them somebody set).

#ifndef GRADMQ_SETTINGS_SETTINGS_H
#define GRADMQ_SETTINGS_SETTINGS_H

#include "core/limit.h"
#include "core/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRADMQ_SETTING_TEXT_BYTES 128

typedef enum {
#define TEXT(name, reader, value, choices, help) GRADMQ_SETTING_##name,
#define REAL(name, reader, value, least, most, unit, help) GRADMQ_SETTING_##name,
#define COUNT(name, reader, value, least, most, unit, help) GRADMQ_SETTING_##name,
#define FLAG(name, reader, value, help) GRADMQ_SETTING_##name,
#include "settings/setting.def"
#undef TEXT
#undef REAL
#undef COUNT
#undef FLAG
    GRADMQ_SETTINGS
} gradmq_setting_id_t;

typedef enum {
    GRADMQ_SETTING_TEXT,
    GRADMQ_SETTING_REAL,
    GRADMQ_SETTING_COUNT,
    GRADMQ_SETTING_FLAG
} gradmq_setting_type_t;

typedef enum {
    GRADMQ_READER_ALWAYS,
    GRADMQ_READER_OPTIMIZER,
    GRADMQ_READER_SCHEDULE,
    GRADMQ_READER_POLICY,
    GRADMQ_READER_RULE
} gradmq_setting_reader_t;

//  Tensors whose names match a pattern, and what is different for them.
typedef struct {
    char pattern [GRADMQ_TENSOR_NAME_BYTES_MAX + 1];  //  fnmatch (3), no flags
    double rate_scale;                                //  1 where not given
    bool has_weight_decay, has_l2;
    double weight_decay, l2;
    bool frozen;
} gradmq_group_t;

typedef struct {
#define TEXT(name, reader, value, choices, help) char name [GRADMQ_SETTING_TEXT_BYTES];
#define REAL(name, reader, value, least, most, unit, help) double name;
#define COUNT(name, reader, value, least, most, unit, help) uint64_t name;
#define FLAG(name, reader, value, help) bool name;
#include "settings/setting.def"
#undef TEXT
#undef REAL
#undef COUNT
#undef FLAG
    bool given [GRADMQ_SETTINGS];
    bool groups_given;
    size_t group_count;
    gradmq_group_t groups [GRADMQ_GROUPS_MAX];
} gradmq_settings_t;

//  One row of the table, for those who go over all settings.
typedef struct {
    const char *name;
    gradmq_setting_type_t type;
    gradmq_setting_reader_t reader;
    size_t offset;        //  of the value in gradmq_settings_t
    const char *text;     //  TEXT: default
    const char *choices;  //  TEXT: with spaces between; "" where another table holds them
    double real;          //  REAL: default; NAN: depends on the optimizer
    double least, most;   //  REAL and COUNT: range, both ends included
    uint64_t count;       //  COUNT: default
    bool flag;            //  FLAG: default
    const char *unit;
    const char *help;
} gradmq_setting_row_t;

//  GRADMQ_SETTINGS rows, in the order of gradmq_setting_id_t.
extern const gradmq_setting_row_t gradmq_setting_table [];

//  The row of this name, NULL when there is none.
const gradmq_setting_row_t *gradmq_setting_find (const char *name);

//  The id of a row.
gradmq_setting_id_t gradmq_setting_id (const gradmq_setting_row_t *row);

//  Every value at its default, nothing given. REALs whose default depends on the optimizer are
//  NAN until the optimizer resolves them (step/resolve.h).
void gradmq_settings_init (gradmq_settings_t *self);

//  Put one setting back to its default, not given. "groups" names the groups.
//    errors  ARGUMENT: no such setting
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_reset (gradmq_settings_t *self, const char *name,
                                                      gradmq_reason_t *reason);

//  Give one setting the value that `text` writes, and mark it given. Range and choices are checked.
//  "groups" names the groups (settings/group.h).
//    errors  ARGUMENT: no such setting, not a value of its type, out of range; UNSUPPORTED: not one
//            of its choices. The setting then keeps its value.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_parse (gradmq_settings_t *self, const char *name,
                                                      const char *text, gradmq_reason_t *reason);

//  Check ranges and choices of everything given.
//    errors  ARGUMENT, UNSUPPORTED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_check (const gradmq_settings_t *self,
                                                      gradmq_reason_t *reason);

//  Put what is given in `change` over what is in *self. Checks nothing.
void gradmq_settings_merge (gradmq_settings_t *self, const gradmq_settings_t *change);

//  Write one value as gradmq_settings_parse reads it; "" for a REAL that is NAN.
//    returns text's length
size_t gradmq_settings_format (const gradmq_settings_t *self, gradmq_setting_id_t id, char *text,
                               size_t size);

#endif
