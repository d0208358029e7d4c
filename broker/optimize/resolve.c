#include "optimize/resolve.h"

#include "tensor/form.h"

#include <stdio.h>
#include <string.h>

//  Room for the names of a table, commas between.
#define LIST_BYTES 256

//  A change that is being worked out.
typedef struct {
    const gradmq_settings_t *current, *change;
    gradmq_settings_t *result;
    const gradmq_optimizer_t *optimizer;
    const gradmq_schedule_t *schedule;
    const char **unset;
    size_t *unset_count;
    gradmq_reason_t *reason;
} s_work_t;

static double *
s_real (gradmq_settings_t *settings, const gradmq_setting_row_t *row)
{
    return (double *) (void *) ((char *) settings + row->offset);
}

//  Append `name` to a list of names; what does not fit is left out.
static void
s_list (char list [LIST_BYTES], const char *name)
{
    size_t length = strlen (list);
    snprintf (list + length, LIST_BYTES - length, "%s%s", length ? ", " : "", name);
}

static gradmq_err_t
s_find_optimizer (s_work_t *work)
{
    work->optimizer = gradmq_optimizer_find (work->result->optimizer);
    if (work->optimizer)
        return GRADMQ_OK;
    char list [LIST_BYTES] = "";
    for (size_t i = 0; gradmq_optimizer_at (i); i++)
        s_list (list, gradmq_optimizer_at (i)->name);
    return gradmq_refuse (work->reason, GRADMQ_ERR_UNSUPPORTED,
                          "there is no optimizer \"%.80s\"; it can be: %s", work->result->optimizer,
                          list);
}

static gradmq_err_t
s_find_schedule (s_work_t *work)
{
    work->schedule = gradmq_schedule_find (work->result->schedule);
    if (work->schedule)
        return GRADMQ_OK;
    char list [LIST_BYTES] = "";
    for (size_t i = 0; gradmq_schedule_at (i); i++)
        s_list (list, gradmq_schedule_at (i)->name);
    return gradmq_refuse (work->reason, GRADMQ_ERR_UNSUPPORTED,
                          "there is no schedule \"%.80s\"; it can be: %s", work->result->schedule,
                          list);
}

//  One name of the list in `streams`.
static gradmq_err_t
s_check_stream (const char *stream, const char *before, gradmq_reason_t *reason)
{
    if (!gradmq_form_named (stream)) {
        char list [LIST_BYTES] = "";
        for (size_t i = 0; gradmq_form_at (i); i++)
            s_list (list, gradmq_form_at (i)->name);
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "streams names \"%.80s\", which is none; it can be: %s", stream,
                              list);
    }
    char wanted [GRADMQ_SETTING_TEXT_BYTES + 2];
    snprintf (wanted, sizeof wanted, ",%s,", stream);
    if (strstr (before, wanted))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "streams names %s twice", stream);
    return GRADMQ_OK;
}

//  Names with commas between and no spaces; nothing at all is fine.
static gradmq_err_t
s_check_streams (const s_work_t *work)
{
    char before [GRADMQ_SETTING_TEXT_BYTES + 2] = ",";
    const char *at = work->result->streams;
    gradmq_err_t err = GRADMQ_OK;
    while (*at && !err) {
        char stream [GRADMQ_SETTING_TEXT_BYTES];
        size_t length = strcspn (at, ",");
        snprintf (stream, sizeof stream, "%.*s", (int) length, at);
        err = s_check_stream (stream, before, work->reason);
        size_t used = strlen (before);
        snprintf (before + used, sizeof before - used, "%s,", stream);
        at += length;
        if (*at == ',' && !*++at && !err)
            err = gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                                 "streams \"%s\" ends with a comma", work->result->streams);
    }
    return err;
}

static gradmq_err_t
s_reset (const s_work_t *work, const char *const *reset, size_t reset_count)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < reset_count && !err; i++) {
        const gradmq_setting_row_t *row = gradmq_setting_find (reset [i]);
        bool given = row ? work->change->given [gradmq_setting_id (row)]
                         : strcmp (reset [i], "groups") == 0 && work->change->groups_given;
        if (given)
            return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                                  "%.80s is both given and reset; choose one", reset [i]);
        err = gradmq_settings_reset (work->result, reset [i], work->reason);
    }
    return err;
}

//  Rule T-4.
static gradmq_err_t
s_check_rate (const s_work_t *work)
{
    if (strcmp (work->current->optimizer, work->result->optimizer) == 0
        || !work->result->given [GRADMQ_SETTING_learning_rate]
        || work->change->given [GRADMQ_SETTING_learning_rate])
        return GRADMQ_OK;
    return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                          "learning_rate %.17g was set for %s; changing the optimizer to %s needs "
                          "a learning_rate, or its reset, in the same request",
                          work->result->learning_rate, work->current->optimizer,
                          work->result->optimizer);
}

//  Rule T-3 for one setting that nobody in force reads.
static gradmq_err_t
s_put_back (const s_work_t *work, const gradmq_setting_row_t *row, const char *what,
            const char *name)
{
    if (work->change->given [gradmq_setting_id (row)])
        return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                              "%s has no effect: the %s %s does not read it", row->name, what,
                              name);
    work->unset [(*work->unset_count)++] = row->name;
    return gradmq_settings_reset (work->result, row->name, work->reason);
}

static gradmq_err_t
s_check_readers (const s_work_t *work)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < GRADMQ_SETTINGS && !err; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        gradmq_setting_id_t id = (gradmq_setting_id_t) i;
        if (!work->result->given [i])
            continue;
        if (row->reader == GRADMQ_READER_OPTIMIZER && !gradmq_optimizer_reads (work->optimizer, id))
            err = s_put_back (work, row, "optimizer", work->optimizer->name);
        if (row->reader == GRADMQ_READER_SCHEDULE && !gradmq_schedule_reads (work->schedule, id))
            err = s_put_back (work, row, "schedule", work->schedule->name);
    }
    return err;
}

//  Rule T-3 for what groups say instead of a setting.
static gradmq_err_t
s_check_groups (const s_work_t *work)
{
    bool decay = gradmq_optimizer_reads (work->optimizer, GRADMQ_SETTING_weight_decay);
    bool l2 = gradmq_optimizer_reads (work->optimizer, GRADMQ_SETTING_l2);
    for (size_t i = 0; i < work->result->group_count; i++) {
        const gradmq_group_t *group = &work->result->groups [i];
        const char *idle = group->has_weight_decay && !decay ? "weight_decay"
                           : group->has_l2 && !l2            ? "l2"
                                                             : NULL;
        if (idle)
            return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                                  "group \"%s\" gives %s, which the optimizer %s does not read; "
                                  "give groups without it",
                                  group->pattern, idle, work->optimizer->name);
    }
    return GRADMQ_OK;
}

//  Defaults that depend on the optimizer, where nobody gave a value.
static void
s_fill (const s_work_t *work)
{
    gradmq_settings_t *result = work->result;
    if (!result->given [GRADMQ_SETTING_learning_rate])
        result->learning_rate = work->optimizer->learning_rate;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++)
        if (gradmq_setting_table [i].reader == GRADMQ_READER_OPTIMIZER && !result->given [i])
            *s_real (result, &gradmq_setting_table [i]) = gradmq_setting_table [i].real;
    for (size_t i = 0; i < work->optimizer->read_count; i++) {
        gradmq_setting_id_t id = work->optimizer->reads [i];
        if (!result->given [id])
            *s_real (result, &gradmq_setting_table [id]) = work->optimizer->defaults [i];
    }
}

gradmq_err_t
gradmq_resolve (const gradmq_settings_t *current, const gradmq_settings_t *change,
                const char *const *reset, size_t reset_count, gradmq_settings_t *result,
                const char *unset [GRADMQ_UNSET_MAX], size_t *unset_count, gradmq_reason_t *reason)
{
    gradmq_settings_t trial = *current;
    s_work_t work = {current, change, &trial, NULL, NULL, unset, unset_count, reason};
    *unset_count = 0;
    gradmq_err_t err = gradmq_settings_check (change, reason);
    if (!err)
        err = s_reset (&work, reset, reset_count);
    if (err)
        return err;
    gradmq_settings_merge (&trial, change);
    err = s_find_optimizer (&work);
    if (!err)
        err = s_find_schedule (&work);
    if (!err)
        err = s_check_streams (&work);
    if (!err)
        err = s_check_rate (&work);
    if (!err)
        err = s_check_readers (&work);
    if (!err)
        err = s_check_groups (&work);
    if (err)
        return err;
    s_fill (&work);
    *result = trial;
    return GRADMQ_OK;
}

void
gradmq_resolve_defaults (gradmq_settings_t *result)
{
    gradmq_settings_init (result);
    s_work_t work = {.result = result,
                     .optimizer = gradmq_optimizer_find (result->optimizer),
                     .schedule = gradmq_schedule_find (result->schedule)};
    s_fill (&work);
}
