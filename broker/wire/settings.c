#include "wire/settings.h"

#include <math.h>
#include <string.h>

//  A value of protobuf-c's struct, of whatever type the field has.
#define THEIRS(type, message, offset) (*(type *) ((char *) (message) + (offset)))
#define MINE(type, self, row) (*(type *) ((char *) (self) + (row)->offset))

static const ProtobufCFieldDescriptor *
s_field (const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name (&gradmq__v1__settings__descriptor,
                                                            name);
}

static bool
s_present (const Gradmq__V1__Settings *message, const ProtobufCFieldDescriptor *field)
{
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return THEIRS (void *const, message, field->offset) != NULL;
    return THEIRS (const protobuf_c_boolean, message, field->quantifier_offset);
}

//  --------------------------------------------------------------------------------------------
//  Reading

static gradmq_err_t
s_read_text (char *to, size_t size, const char *name, const char *text, gradmq_reason_t *reason)
{
    size_t length = text ? strlen (text) : 0;
    if (length >= size)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s has %zu bytes; it can have %zu",
                              name, length, size - 1);
    if (length)
        memcpy (to, text, length);
    to [length] = 0;
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_finite (const char *name, double value, gradmq_reason_t *reason)
{
    if (isfinite (value))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%s is %.17g; it has to be finite", name,
                          value);
}

static gradmq_err_t
s_read_value (gradmq_settings_t *self, const gradmq_setting_row_t *row,
              const Gradmq__V1__Settings *message, const ProtobufCFieldDescriptor *field,
              gradmq_reason_t *reason)
{
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            return s_read_text (&MINE (char, self, row), GRADMQ_SETTING_TEXT_BYTES, row->name,
                                THEIRS (char *const, message, field->offset), reason);
        case GRADMQ_SETTING_REAL:
            MINE (double, self, row) = THEIRS (const double, message, field->offset);
            return s_check_finite (row->name, MINE (double, self, row), reason);
        case GRADMQ_SETTING_COUNT:
            MINE (uint64_t, self, row) = field->type == PROTOBUF_C_TYPE_UINT32
                                             ? THEIRS (const uint32_t, message, field->offset)
                                             : THEIRS (const uint64_t, message, field->offset);
            break;
        case GRADMQ_SETTING_FLAG:
            MINE (bool, self, row) = THEIRS (const protobuf_c_boolean, message, field->offset);
            break;
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_group (gradmq_group_t *group, const Gradmq__V1__Group *message, gradmq_reason_t *reason)
{
    group->rate_scale = message->has_rate_scale ? message->rate_scale : 1;
    group->has_weight_decay = message->has_weight_decay;
    group->weight_decay = message->weight_decay;
    group->has_l2 = message->has_l2;
    group->l2 = message->l2;
    group->frozen = message->frozen;
    gradmq_err_t err = s_read_text (group->pattern, sizeof group->pattern, "a group's pattern",
                                    message->pattern, reason);
    if (!err)
        err = s_check_finite ("a group's rate_scale", group->rate_scale, reason);
    if (!err)
        err = s_check_finite ("a group's weight_decay", group->weight_decay, reason);
    if (!err)
        err = s_check_finite ("a group's l2", group->l2, reason);
    return err;
}

static gradmq_err_t
s_read_groups (gradmq_settings_t *self, const Gradmq__V1__Groups *message, gradmq_reason_t *reason)
{
    if (message->n_groups > GRADMQ_GROUPS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "%zu groups; there can be %u",
                              message->n_groups, GRADMQ_GROUPS_MAX);
    self->groups_given = true;
    self->group_count = message->n_groups;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < message->n_groups && !err; i++)
        err = s_read_group (&self->groups [i], message->groups [i], reason);
    return err;
}

static gradmq_err_t
s_take (gradmq_settings_t **self, gradmq_arena_t *arena, gradmq_reason_t *reason)
{
    *self = gradmq_arena_take (arena, sizeof **self);
    if (!*self)
        return gradmq_refuse (reason, arena->exhausted ? GRADMQ_ERR_TOO_LARGE : GRADMQ_ERR_MEMORY,
                              "no memory for the settings");
    gradmq_settings_init (*self);
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_present (gradmq_settings_t *self, const Gradmq__V1__Settings *message,
                gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < GRADMQ_SETTINGS && !err; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        const ProtobufCFieldDescriptor *field = s_field (row->name);
        if (!field || !s_present (message, field))
            continue;
        self->given [i] = true;
        err = s_read_value (self, row, message, field, reason);
    }
    if (!err && message->groups)
        err = s_read_groups (self, message->groups, reason);
    return err;
}

//  Every field that the message has is a setting here.
static gradmq_err_t
s_check_known (const Gradmq__V1__Settings *message, gradmq_reason_t *reason)
{
    const ProtobufCMessageDescriptor *descriptor = &gradmq__v1__settings__descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields [i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE && s_present (message, field)
            && !gradmq_setting_find (field->name))
            return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                                  "the setting %s is not supported by this version", field->name);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_settings_read_change (gradmq_settings_t **self, const Gradmq__V1__Settings *message,
                             gradmq_arena_t *arena, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_check_known (message, reason);
    if (!err)
        err = s_take (self, arena, reason);
    return err ? err : s_read_present (*self, message, reason);
}

gradmq_err_t
gradmq_settings_read_effective (gradmq_settings_t **self, const Gradmq__V1__Settings *message,
                                char *const *names, size_t count, gradmq_arena_t *arena,
                                gradmq_reason_t *reason)
{
    gradmq_err_t err = s_take (self, arena, reason);
    if (err)
        return err;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        if (gradmq_setting_table [i].type == GRADMQ_SETTING_REAL)
            MINE (double, *self, &gradmq_setting_table [i]) = (double) NAN;
    err = s_read_present (*self, message, reason);
    memset ((*self)->given, 0, sizeof (*self)->given);
    (*self)->groups_given = false;
    for (size_t i = 0; i < count && !err; i++) {
        const gradmq_setting_row_t *row = gradmq_setting_find (names [i]);
        if (row)
            (*self)->given [gradmq_setting_id (row)] = true;
        else if (strcmp (names [i], "groups") == 0)
            (*self)->groups_given = true;
    }
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Writing

static void
s_write_value (const gradmq_settings_t *self, const gradmq_setting_row_t *row,
               Gradmq__V1__Settings *message, const ProtobufCFieldDescriptor *field)
{
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            THEIRS (const char *, message, field->offset) = &MINE (const char, self, row);
            return;
        case GRADMQ_SETTING_REAL:
            THEIRS (double, message, field->offset) = MINE (const double, self, row);
            break;
        case GRADMQ_SETTING_COUNT:
            if (field->type == PROTOBUF_C_TYPE_UINT32)
                THEIRS (uint32_t, message, field->offset) =
                    (uint32_t) MINE (const uint64_t, self, row);
            else
                THEIRS (uint64_t, message, field->offset) = MINE (const uint64_t, self, row);
            break;
        case GRADMQ_SETTING_FLAG:
            THEIRS (protobuf_c_boolean, message, field->offset) = MINE (const bool, self, row);
            break;
    }
    THEIRS (protobuf_c_boolean, message, field->quantifier_offset) = true;
}

static void
s_write_group (const gradmq_group_t *group, Gradmq__V1__Group *message)
{
    gradmq__v1__group__init (message);
    message->pattern = (char *) group->pattern;
    message->has_rate_scale = true;
    message->rate_scale = group->rate_scale;
    message->has_weight_decay = group->has_weight_decay;
    message->weight_decay = group->weight_decay;
    message->has_l2 = group->has_l2;
    message->l2 = group->l2;
    message->has_frozen = message->frozen = group->frozen;
}

static bool
s_write_groups (const gradmq_settings_t *self, Gradmq__V1__Settings *message, gradmq_arena_t *arena)
{
    size_t count = self->group_count;
    Gradmq__V1__Groups *groups = gradmq_arena_take (arena, sizeof *groups);
    Gradmq__V1__Group *items = gradmq_arena_take_zero (arena, count, sizeof *items);
    if (!groups || !items)
        return false;
    gradmq__v1__groups__init (groups);
    groups->groups = gradmq_arena_take_zero (arena, count, sizeof *groups->groups);
    if (!groups->groups)
        return false;
    groups->n_groups = count;
    for (size_t i = 0; i < count; i++) {
        groups->groups [i] = &items [i];
        s_write_group (&self->groups [i], &items [i]);
    }
    message->groups = groups;
    return true;
}

static bool
s_wanted (const gradmq_settings_t *self, size_t i, bool only_given)
{
    const gradmq_setting_row_t *row = &gradmq_setting_table [i];
    if (only_given && !self->given [i])
        return false;
    return row->type != GRADMQ_SETTING_REAL || !isnan (MINE (const double, self, row));
}

Gradmq__V1__Settings *
gradmq_settings_write (const gradmq_settings_t *self, bool only_given, gradmq_arena_t *arena)
{
    Gradmq__V1__Settings *message = gradmq_arena_take (arena, sizeof *message);
    if (!message)
        return NULL;
    gradmq__v1__settings__init (message);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const ProtobufCFieldDescriptor *field = s_field (gradmq_setting_table [i].name);
        if (field && s_wanted (self, i, only_given))
            s_write_value (self, &gradmq_setting_table [i], message, field);
    }
    if (!only_given || self->groups_given)
        if (!s_write_groups (self, message, arena))
            return NULL;
    return message;
}

const char **
gradmq_settings_given_names (const gradmq_settings_t *self, size_t *count, gradmq_arena_t *arena)
{
    const char **names = gradmq_arena_take (arena, (GRADMQ_SETTINGS + 1) * sizeof *names);
    *count = 0;
    if (!names)
        return NULL;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        if (self->given [i])
            names [(*count)++] = gradmq_setting_table [i].name;
    if (self->groups_given)
        names [(*count)++] = "groups";
    return names;
}
