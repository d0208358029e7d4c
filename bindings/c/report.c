#include "remote.h"

#include "core/code.h"
#include "wire/json.h"

#include <string.h>

#define WORKERS_A_PAGE 256u

static gradmq_err_t
s_done (gradmq_remote_t *self, const char **json, gradmq_reason_t *why)
{
    if (self->document.failed || self->document.text == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    *json = self->document.text;
    return GRADMQ_OK;
}

//  What every document begins with.
static void
s_head (gradmq_remote_t *self)
{
    gradmq_jsontext_t *to = &self->document;
    gradmq_jsontext_clear (to);
    gradmq_jsontext_open (to, NULL, '{');
    gradmq_jsontext_text (to, "model", self->session.model);
    gradmq_wire_json_position (to, &self->position);
}

//  ------------------------------------------------------------------------------------------------
//  Status

gradmq_err_t
gradmq_remote_status (gradmq_remote_t *self, const char **json, gradmq_reason_t *why)
{
    *json = NULL;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_STATUS, why);
    if (err)
        return err;
    s_head (self);
    gradmq_wire_json_status (&self->document, &self->reply.status);
    gradmq_jsontext_close (&self->document, '}');
    return s_done (self, json, why);
}

//  ------------------------------------------------------------------------------------------------
//  Describe

static void
s_layout (gradmq_jsontext_t *to, const gradmq_description_t *description)
{
    if (description->tensor_count == 0) {
        gradmq_jsontext_text (to, "layout", NULL);
        return;
    }
    const gradmq_dtype_t *dtype =
        gradmq_dtype (description->layout_dtype ? description->layout_dtype : GRADMQ_F32);
    gradmq_jsontext_open (to, "layout", '{');
    gradmq_jsontext_text (to, "dtype", dtype ? dtype->name : "?");
    gradmq_jsontext_open (to, "tensors", '[');
    for (size_t i = 0; i < description->tensor_count; i++) {
        const gradmq_tensor_spec_t *tensor = &description->tensors [i];
        gradmq_jsontext_open (to, NULL, '{');
        gradmq_jsontext_text (to, "name", tensor->name);
        gradmq_jsontext_open (to, "shape", '[');
        for (uint32_t k = 0; k < tensor->rank; k++)
            gradmq_jsontext_number (to, NULL, tensor->shape [k]);
        gradmq_jsontext_close (to, ']');
        gradmq_jsontext_close (to, '}');
    }
    gradmq_jsontext_close (to, ']');
    gradmq_jsontext_close (to, '}');
    gradmq_jsontext_id (to, "layout_id", description->layout_id);
}

static void
s_limits (gradmq_jsontext_t *to, const gradmq_limits_t *limits)
{
    gradmq_jsontext_open (to, "limits", '{');
    gradmq_jsontext_number (to, "frame_bytes", limits->frame_bytes);
    gradmq_jsontext_number (to, "payload_frames", limits->payload_frames);
    gradmq_jsontext_number (to, "header_bytes", limits->header_bytes);
    gradmq_jsontext_number (to, "tensors", limits->tensors);
    gradmq_jsontext_number (to, "rank", limits->rank);
    gradmq_jsontext_number (to, "name_bytes", limits->name_bytes);
    gradmq_jsontext_number (to, "tensor_name_bytes", limits->tensor_name_bytes);
    gradmq_jsontext_number (to, "metrics", limits->metrics);
    gradmq_jsontext_number (to, "groups", limits->groups);
    gradmq_jsontext_number (to, "receive_window", limits->receive_window);
    gradmq_jsontext_close (to, '}');
}

static const char *
s_dtype_name (uint32_t code)
{
    const gradmq_dtype_t *dtype = gradmq_dtype (code);
    return dtype ? dtype->name : "?";
}

//  Numbers by the names that people know them by.
static void
s_named (gradmq_jsontext_t *to, const char *key, const gradmq_numbers_t *numbers,
         const char *(*name) (uint32_t number))
{
    gradmq_jsontext_open (to, key, '[');
    for (size_t i = 0; i < numbers->count; i++)
        gradmq_jsontext_text (to, NULL, name (numbers->items [i]));
    gradmq_jsontext_close (to, ']');
}

gradmq_err_t
gradmq_remote_describe (gradmq_remote_t *self, const char **json, gradmq_reason_t *why)
{
    *json = NULL;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_DESCRIPTION, why);
    if (err)
        return err;
    const gradmq_description_t *description = &self->reply.description;
    gradmq_jsontext_t *to = &self->document;
    s_head (self);
    gradmq_jsontext_text (to, "product", description->product);
    gradmq_jsontext_number (to, "protocol_minor", description->protocol_minor);
    gradmq_jsontext_text (to, "state", gradmq_state_name (description->state));
    s_layout (to, description);
    gradmq_wire_json_texts (to, "gradients_endpoints", &description->gradients);
    gradmq_wire_json_texts (to, "updates_endpoints", &description->updates);
    gradmq_wire_json_texts (to, "events_endpoints", &description->events);
    gradmq_wire_json_texts (to, "streams", &description->streams);
    gradmq_wire_json_texts (to, "stream_names", &description->stream_names);
    s_limits (to, &description->limits);
    s_named (to, "dtypes", &description->dtypes, s_dtype_name);
    s_named (to, "encodings", &description->encodings, gradmq_encoding_name);
    s_named (to, "kinds", &description->kinds, gradmq_kind_name);
    gradmq_wire_json_texts (to, "optimizers", &description->optimizers);
    gradmq_wire_json_texts (to, "schedules", &description->schedules);
    gradmq_wire_json_texts (to, "policies", &description->policies);
    gradmq_wire_json_texts (to, "rules", &description->rules);
    gradmq_jsontext_number (to, "heartbeat_ms", description->heartbeat_ms);
    gradmq_jsontext_close (to, '}');
    return s_done (self, json, why);
}

//  ------------------------------------------------------------------------------------------------
//  Workers

gradmq_err_t
gradmq_remote_workers (gradmq_remote_t *self, const char **json, gradmq_reason_t *why)
{
    *json = NULL;
    char after [GRADMQ_NAME_BYTES_MAX + 1] = "";
    bool more = true;
    for (bool first = true; more; first = false) {
        gradmq_request_t request = {.command = GRADMQ_COMMAND_LIST_WORKERS,
                                    .after = first ? NULL : after,
                                    .limit = WORKERS_A_PAGE};
        gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_WORKERS, why);
        if (err)
            return err;
        if (first) {
            s_head (self);
            gradmq_jsontext_open (&self->document, "workers", '[');
        }
        const gradmq_workers_t *page = &self->reply.workers;
        for (size_t i = 0; i < page->count; i++) {
            gradmq_jsontext_open (&self->document, NULL, '{');
            gradmq_wire_json_worker (&self->document, &page->workers [i]);
            gradmq_jsontext_close (&self->document, '}');
        }
        more = page->more && page->count > 0;
        if (more)
            strncpy (after, page->workers [page->count - 1].name, sizeof after - 1);
    }
    gradmq_jsontext_close (&self->document, ']');
    gradmq_jsontext_close (&self->document, '}');
    return s_done (self, json, why);
}
