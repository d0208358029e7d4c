#include "step/resolve.h"

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
    const gradmq_policy_t *policy;
    const gradmq_rule_t *rule;  //  NULL where the policy makes each contribution a step
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

//  The names of a table: `name_at` (i) is NULL past the last.
static gradmq_err_t
s_unknown (const s_work_t *work, const char *what, const char *name,
           const char *(*name_at) (size_t index))
{
    char list [LIST_BYTES] = "";
    for (size_t i = 0; name_at (i); i++)
        s_list (list, name_at (i));
    return gradmq_refuse (work->reason, GRADMQ_ERR_UNSUPPORTED,
                          "there is no %s \"%.80s\"; it can be: %s", what, name, list);
}

#define NAME_AT(kind)                                                                              \
    static const char *s_##kind##_name (size_t index)                                              \
    {                                                                                              \
        const gradmq_##kind##_t *row = gradmq_##kind##_at (index);                                 \
        return row ? row->name : NULL;                                                             \
    }

NAME_AT (optimizer)
NAME_AT (schedule)
NAME_AT (policy)
NAME_AT (rule)

static gradmq_err_t
s_find_rule (s_work_t *work)
{
    gradmq_settings_t *result = work->result;
    bool alone = gradmq_policy_alone (work->policy, result);
    if (!result->given [GRADMQ_SETTING_rule])
        snprintf (result->rule, sizeof result->rule, "%s", alone ? "" : work->policy->rule);
    if (!alone)
        work->rule = gradmq_rule_find (result->rule);
    if (alone || work->rule)
        return GRADMQ_OK;
    return s_unknown (work, "rule", result->rule, s_rule_name);
}

//  Find the rows that the names stand for.
static gradmq_err_t
s_find (s_work_t *work)
{
    const gradmq_settings_t *result = work->result;
    work->optimizer = gradmq_optimizer_find (result->optimizer);
    if (!work->optimizer)
        return s_unknown (work, "optimizer", result->optimizer, s_optimizer_name);
    work->schedule = gradmq_schedule_find (result->schedule);
    if (!work->schedule)
        return s_unknown (work, "schedule", result->schedule, s_schedule_name);
    work->policy = gradmq_policy_find (result->policy);
    if (!work->policy)
        return s_unknown (work, "policy", result->policy, s_policy_name);
    return GRADMQ_OK;
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

//  What is given and read by nobody in force: NULL where somebody does.
static const char *
s_idle (const s_work_t *work, gradmq_setting_id_t id, const char **name)
{
    *name = NULL;
    switch (gradmq_setting_table [id].reader) {
        case GRADMQ_READER_ALWAYS:
            return NULL;
        case GRADMQ_READER_OPTIMIZER:
            *name = work->optimizer->name;
            return gradmq_optimizer_reads (work->optimizer, id) ? NULL : "optimizer";
        case GRADMQ_READER_SCHEDULE:
            *name = work->schedule->name;
            return gradmq_schedule_reads (work->schedule, id) ? NULL : "schedule";
        case GRADMQ_READER_POLICY:
            *name = work->policy->name;
            return gradmq_policy_reads (work->policy, id) ? NULL : "policy";
        case GRADMQ_READER_RULE:
            *name = work->rule ? work->rule->name : "(none is in force)";
            return work->rule && gradmq_rule_reads (work->rule, id) ? NULL : "rule";
    }
    return NULL;
}

static gradmq_err_t
s_check_readers (const s_work_t *work)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < GRADMQ_SETTINGS && !err; i++) {
        const char *name;
        if (!work->result->given [i])
            continue;
        const char *idle = s_idle (work, (gradmq_setting_id_t) i, &name);
        if (idle)
            err = s_put_back (work, &gradmq_setting_table [i], idle, name);
    }
    return err;
}

//  A rule has an effect only where several contributions make a step.
static gradmq_err_t
s_check_rule (s_work_t *work)
{
    gradmq_settings_t *result = work->result;
    bool alone = gradmq_policy_alone (work->policy, result);
    bool *given = &result->given [GRADMQ_SETTING_rule];
    *given = *given && result->rule [0];
    if (*given && !gradmq_rule_find (result->rule))
        return s_unknown (work, "rule", result->rule, s_rule_name);
    if (*given && alone) {
        if (work->change->given [GRADMQ_SETTING_rule])
            return gradmq_refuse (
                work->reason, GRADMQ_ERR_ARGUMENT,
                "rule has no effect: the policy %s makes a step of each gradient; "
                "set buffer_gradients above 1, or another policy",
                work->policy->name);
        work->unset [(*work->unset_count)++] = "rule";
        gradmq_err_t err = gradmq_settings_reset (result, "rule", work->reason);
        if (err)
            return err;
    }
    return s_find_rule (work);
}

//  Rule T-7: a step that can never be closed.
static gradmq_err_t
s_check_least (const s_work_t *work)
{
    const gradmq_settings_t *result = work->result;
    if (!work->rule)
        return GRADMQ_OK;
    size_t least = gradmq_rule_least (work->rule, result);
    size_t counted = work->policy->contributions ? work->policy->contributions (result)
                                                 : (size_t) result->quorum;
    if (counted == 0 || counted >= least)
        return GRADMQ_OK;
    return gradmq_refuse (
        work->reason, GRADMQ_ERR_ARGUMENT,
        "rule %s under these settings needs %zu contributions to a step; %s makes it of %zu",
        work->rule->name, least,
        work->policy->contributions == NULL                     ? "quorum"
        : gradmq_policy_takes (work->policy, GRADMQ_KIND_DELTA) ? "merge_count"
                                                                : "buffer_gradients",
        counted);
}

//  A scale that the optimizer or the rule would undo.
static gradmq_err_t
s_check_scale (const s_work_t *work)
{
    const gradmq_settings_t *result = work->result;
    if (strcmp (result->staleness_scale, "none") == 0)
        return GRADMQ_OK;
    if (work->optimizer->scales == GRADMQ_SCALES_NOTHING)
        return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                              "staleness_scale %s with optimizer %s, whose steps have a length of "
                              "their own; set it to none, or max_staleness",
                              result->staleness_scale, work->optimizer->name);
    if (work->rule && work->rule->compares)
        return gradmq_refuse (work->reason, GRADMQ_ERR_ARGUMENT,
                              "staleness_scale %s with rule %s, which compares gradients with each "
                              "other; set it to none, or max_staleness",
                              result->staleness_scale, work->rule->name);
    return GRADMQ_OK;
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
        if (gradmq_setting_table [i].reader == GRADMQ_READER_OPTIMIZER
            && gradmq_setting_table [i].type == GRADMQ_SETTING_REAL && !result->given [i])
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
    s_work_t work = {.current = current,
                     .change = change,
                     .result = &trial,
                     .unset = unset,
                     .unset_count = unset_count,
                     .reason = reason};
    *unset_count = 0;
    gradmq_err_t err = gradmq_settings_check (change, reason);
    if (!err)
        err = s_reset (&work, reset, reset_count);
    if (err)
        return err;
    gradmq_settings_merge (&trial, change);
    err = s_find (&work);
    if (!err)
        err = s_check_streams (&work);
    if (!err)
        err = s_check_rate (&work);
    if (!err)
        err = s_check_rule (&work);
    if (!err)
        err = s_check_readers (&work);
    if (!err)
        err = s_check_groups (&work);
    if (!err)
        err = s_check_least (&work);
    if (!err)
        err = s_check_scale (&work);
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
