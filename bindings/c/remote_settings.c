#include "remote.h"

#include "settings/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  Names and values as a change and a list of what goes back to its default.
static gradmq_err_t
s_read (const char *const *names, const char *const *values, size_t count,
        gradmq_settings_t *change, const char **reset, size_t *reset_count, gradmq_reason_t *why)
{
    gradmq_settings_init (change);
    *reset_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (names [i] == NULL)
            return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "setting %zu has no name", i);
        gradmq_err_t err = GRADMQ_OK;
        if (values [i])
            err = gradmq_settings_parse (change, names [i], values [i], why);
        else
            reset [(*reset_count)++] = names [i];
        if (err)
            return err;
    }
    return GRADMQ_OK;
}

//  What this change put back, kept until the next one.
static void
s_keep_unset (gradmq_remote_t *self, const gradmq_texts_t *unset)
{
    self->unset_count = 0;
    for (size_t i = 0; i < unset->count && i <= GRADMQ_SETTINGS; i++) {
        snprintf (self->unset_names [i], sizeof self->unset_names [i], "%s", unset->items [i]);
        self->unset [i] = self->unset_names [i];
        self->unset_count++;
    }
}

gradmq_err_t
gradmq_remote_set_parameters (gradmq_remote_t *self, const char *const *names,
                              const char *const *values, size_t count, gradmq_reason_t *why)
{
    gradmq_settings_t *change = (gradmq_settings_t *) malloc (sizeof *change);
    const char **reset = (const char **) calloc (count + 1, sizeof *reset);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_PARAMETERS};
    gradmq_err_t err;
    if (change == NULL || reset == NULL)
        err = gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    else
        err = s_read (names, values, count, change, reset, &request.reset_count, why);
    if (!err) {
        request.settings = change;
        request.reset = reset;
        err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_PARAMETERS, why);
    }
    if (!err)
        s_keep_unset (self, &self->reply.parameters.unset);
    free (reset);
    free (change);
    return err;
}

//  One row a setting that has a value.
static size_t
s_rows (gradmq_remote_t *self, const gradmq_settings_t *settings)
{
    size_t count = 0;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char *text = self->texts [i];
        gradmq_settings_format (settings, (gradmq_setting_id_t) i, text, sizeof self->texts [i]);
        if (row->type == GRADMQ_SETTING_REAL && text [0] == 0)
            continue;
        self->settings [count++] = (gradmq_setting_info_t){.name = row->name,
                                                           .value = text,
                                                           .given = settings->given [i],
                                                           .unit = row->unit ? row->unit : "",
                                                           .help = row->help};
    }
    if (settings->group_count) {
        gradmq_groups_format (settings, self->groups, GRADMQ_GROUPS_TEXT_BYTES);
        self->settings [count++] =
            (gradmq_setting_info_t){.name = "groups",
                                    .value = self->groups,
                                    .given = true,
                                    .unit = "",
                                    .help = "what is different for some of the tensors"};
    }
    return count;
}

gradmq_err_t
gradmq_remote_get_parameters (gradmq_remote_t *self, const gradmq_settings_info_t **settings,
                              gradmq_reason_t *why)
{
    *settings = NULL;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_GET_PARAMETERS};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_PARAMETERS, why);
    if (err)
        return err;
    if (self->groups == NULL)
        self->groups = (char *) malloc (GRADMQ_GROUPS_TEXT_BYTES);
    if (self->groups == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    const gradmq_parameters_t *parameters = &self->reply.parameters;
    size_t count = parameters->settings ? s_rows (self, parameters->settings) : 0;
    self->settings_info = (gradmq_settings_info_t){.settings = self->settings,
                                                   .count = count,
                                                   .revision = parameters->revision,
                                                   .from_epoch = parameters->from_epoch,
                                                   .from_version = parameters->from_version,
                                                   .unset = self->unset,
                                                   .unset_count = self->unset_count};
    *settings = &self->settings_info;
    return GRADMQ_OK;
}
