#include "http/document.h"

#include "core/code.h"
#include "settings/group.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

//  --------------------------------------------------------------------------------------------
//  Settings

static void
s_setting (gradmq_jsontext_t *to, const gradmq_settings_t *settings, gradmq_setting_id_t id)
{
    const gradmq_setting_row_t *row = &gradmq_setting_table [id];
    const char *value = (const char *) settings + row->offset;
    gradmq_jsontext_open (to, NULL, '{');
    gradmq_jsontext_text (to, "name", row->name);
    switch (row->type) {
        case GRADMQ_SETTING_TEXT:
            gradmq_jsontext_text (to, "value", value);
            break;
        case GRADMQ_SETTING_REAL:
            gradmq_jsontext_real (to, "value", *(const double *) (const void *) value);
            break;
        case GRADMQ_SETTING_COUNT:
            gradmq_jsontext_number (to, "value", *(const uint64_t *) (const void *) value);
            break;
        case GRADMQ_SETTING_FLAG:
            gradmq_jsontext_flag (to, "value", *(const bool *) value);
            break;
    }
    gradmq_jsontext_flag (to, "given", settings->given [id]);
    gradmq_jsontext_close (to, '}');
}

static void
s_groups (gradmq_jsontext_t *to, const gradmq_settings_t *settings)
{
    char *text = settings->groups_given ? malloc (GRADMQ_GROUPS_TEXT_BYTES) : NULL;
    if (!text)
        return;
    gradmq_groups_format (settings, text, GRADMQ_GROUPS_TEXT_BYTES);
    gradmq_jsontext_open (to, NULL, '{');
    gradmq_jsontext_text (to, "name", "groups");
    gradmq_jsontext_text (to, "value", text);
    gradmq_jsontext_flag (to, "given", true);
    gradmq_jsontext_close (to, '}');
    free (text);
}

static void
s_settings (gradmq_jsontext_t *to, const gradmq_parameters_t *parameters)
{
    gradmq_jsontext_open (to, "settings", '{');
    gradmq_jsontext_number (to, "revision", parameters->revision);
    gradmq_jsontext_number (to, "from_epoch", parameters->from_epoch);
    gradmq_jsontext_number (to, "from_version", parameters->from_version);
    gradmq_jsontext_open (to, "values", '[');
    for (gradmq_setting_id_t id = 0; id < GRADMQ_SETTINGS; id++)
        s_setting (to, parameters->settings, id);
    s_groups (to, parameters->settings);
    gradmq_jsontext_close (to, ']');
    gradmq_jsontext_close (to, '}');
}

//  --------------------------------------------------------------------------------------------
//  Workers

static bool
s_is_awaited (const gradmq_status_report_t *status, const char *name)
{
    for (size_t i = 0; i < status->waiting_for.count; i++)
        if (strcmp (status->waiting_for.items [i], name) == 0)
            return true;
    return false;
}

//  What a worker waits for as far as the coordinator can know; NULL: for nothing here.
static const char *
s_waits_for (const gradmq_view_t *view, const gradmq_worker_row_t *worker)
{
    const gradmq_status_report_t *status = &view->look->status.status;
    const char *policy = status->policy ? status->policy : "";
    if (status->state == GRADMQ_STATE_EMPTY)
        return "a model";
    if (!worker->queued)
        return NULL;
    if (status->state != GRADMQ_STATE_RUNNING)
        return "a start";
    if (strcmp (policy, "ssp") == 0 && status->waiting_total)
        return "workers whose clock is behind";
    if (status->contributions)
        return "the others of the open step";
    return worker->queued >= view->look->credit_gradients ? "credit" : "its turn in the queue";
}

static void
s_refused_by (gradmq_jsontext_t *to, const uint32_t counts [GRADMQ_COUNTED_CODES])
{
    gradmq_jsontext_open (to, "refused_by", '{');
    for (uint32_t code = 0; code < GRADMQ_COUNTED_CODES; code++)
        if (counts [code])
            gradmq_jsontext_number (to, gradmq_err_name ((gradmq_err_t) code), counts [code]);
    gradmq_jsontext_close (to, '}');
}

static void
s_workers (gradmq_jsontext_t *to, const gradmq_view_t *view)
{
    const gradmq_look_t *look = view->look;
    const gradmq_workers_t *workers = &look->workers.workers;
    gradmq_jsontext_open (to, "workers", '[');
    for (size_t i = 0; i < workers->count; i++) {
        const gradmq_worker_row_t *worker = &workers->workers [i];
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_wire_json_worker (to, worker);
        gradmq_jsontext_text (to, "state", worker->leaving ? "LEAVING" : "LIVE");
        gradmq_jsontext_flag (to, "awaited", s_is_awaited (&look->status.status, worker->name));
        gradmq_jsontext_text (to, "waits_for", s_waits_for (view, worker));
        s_refused_by (to, look->refused_by [i]);
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
    gradmq_jsontext_flag (to, "workers_more", workers->more);
}

//  --------------------------------------------------------------------------------------------
//  Documents

//  The text of a document that is done, which is then the caller's.
static char *
s_done (gradmq_jsontext_t *self, size_t *size)
{
    if (self->failed) {
        gradmq_jsontext_free (self);
        return NULL;
    }
    if (size)
        *size = self->size;
    return self->text;
}

static void
s_rates (gradmq_jsontext_t *to, const gradmq_view_t *view)
{
    gradmq_jsontext_open (to, "rates", '{');
    gradmq_jsontext_real (to, "gradients", view->rates.gradients);
    gradmq_jsontext_real (to, "bytes", view->rates.bytes);
    gradmq_jsontext_real (to, "applied", view->rates.applied);
    gradmq_jsontext_real (to, "steps", view->rates.steps);
    gradmq_jsontext_close (to, '}');
    gradmq_jsontext_open (to, "credit", '{');
    gradmq_jsontext_number (to, "gradients", view->look->credit_gradients);
    gradmq_jsontext_number (to, "bytes", view->look->credit_bytes);
    gradmq_jsontext_close (to, '}');
}

//  A member that is JSON already.
static void
s_insert (gradmq_jsontext_t *to, const char *key, const char *json)
{
    if (!json)
        gradmq_jsontext_text (to, key, NULL);
    else
        gradmq_jsontext_json (to, key, json);
}

char *
gradmq_document_status_json (const gradmq_view_t *view, size_t *size)
{
    const gradmq_look_t *look = view->look;
    gradmq_jsontext_t to = {0};
    gradmq_jsontext_open (&to, NULL, '{');
    gradmq_jsontext_text (&to, "model", look->status.model);
    gradmq_wire_json_position (&to, &look->status.position);
    gradmq_wire_json_status (&to, &look->status.status);
    gradmq_jsontext_number (&to, "at_unix_ms", view->unix_ms);
    s_rates (&to, view);
    s_settings (&to, &look->settings.parameters);
    s_workers (&to, view);
    s_insert (&to, "step", view->step);
    gradmq_jsontext_close (&to, '}');
    return s_done (&to, size);
}

char *
gradmq_document_step_json (const gradmq_event_t *event, uint64_t unix_ms)
{
    gradmq_jsontext_t to = {0};
    gradmq_jsontext_open (&to, NULL, '{');
    gradmq_jsontext_text (&to, "model", event->model);
    gradmq_wire_json_position (&to, &event->position);
    gradmq_jsontext_number (&to, "at_unix_ms", unix_ms);
    gradmq_wire_json_step (&to, &event->step);
    gradmq_jsontext_close (&to, '}');
    return s_done (&to, NULL);
}
