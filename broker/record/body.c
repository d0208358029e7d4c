#include "record/body.h"

#include "core/name.h"
#include "wire/message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  No version or epoch comes near it, so that the next one is always there.
#define S_NUMBER_END (1ull << 63)

static gradmq_err_t
s_refuse (gradmq_reason_t *reason, const char *what)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%s", what);
}

static gradmq_err_t
s_end (const gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    return gradmq_cursor_left (body) ? s_refuse (reason, "its body is too long") : GRADMQ_OK;
}

static gradmq_err_t
s_number (gradmq_cursor_t *body, uint64_t *number, gradmq_reason_t *reason)
{
    if (!gradmq_cursor_u64 (body, number))
        return s_refuse (reason, "its body is too short");
    return *number < S_NUMBER_END ? GRADMQ_OK : s_refuse (reason, "a number is out of range");
}

//  A header frame behind its length.
static gradmq_err_t
s_header (gradmq_cursor_t *body, const uint8_t **header, uint32_t *size, gradmq_reason_t *reason)
{
    if (gradmq_cursor_u32 (body, size) && gradmq_cursor_take (body, *size, header))
        return GRADMQ_OK;
    return s_refuse (reason, "its body is too short");
}

//  All that is left.
static gradmq_frame_t
s_rest (gradmq_cursor_t *body)
{
    gradmq_frame_t rest = {body->bytes + body->at, gradmq_cursor_left (body)};
    body->at = body->size;
    return rest;
}

//  --------------------------------------------------------------------------------------------
//  Settings

//  Every name of a table has a row there; a rule is needed where several contributions are a step.
static gradmq_err_t
s_check_names (const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    const struct {
        const char *what, *name;
        bool known;
    } rows [] = {
        {"optimizer", settings->optimizer, gradmq_optimizer_find (settings->optimizer) != NULL},
        {"schedule", settings->schedule, gradmq_schedule_find (settings->schedule) != NULL},
        {"policy", settings->policy, gradmq_policy_find (settings->policy) != NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++)
        if (!rows [i].known)
            return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "no %s is named \"%.80s\" here",
                                  rows [i].what, rows [i].name);
    if (gradmq_policy_alone (gradmq_policy_find (settings->policy), settings)
        || gradmq_rule_find (settings->rule))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "no rule is named \"%.80s\" here",
                          settings->rule);
}

//  Only what the optimizer in force does not read may be absent.
static gradmq_err_t
s_check_there (const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    const gradmq_optimizer_t *optimizer = gradmq_optimizer_find (settings->optimizer);
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        const void *value = (const char *) settings + row->offset;
        if (row->type == GRADMQ_SETTING_REAL && isnan (*(const double *) value)
            && (row->reader != GRADMQ_READER_OPTIMIZER
                || gradmq_optimizer_reads (optimizer, (gradmq_setting_id_t) i)))
            return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "it has no %s", row->name);
    }
    return GRADMQ_OK;
}

//  Each value that is there is checked, whoever gave it.
static gradmq_err_t
s_check_settings (const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    gradmq_settings_t *all = malloc (sizeof *all);
    if (!all)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    *all = *settings;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        const void *value = (const char *) all + row->offset;
        all->given [i] = row->type != GRADMQ_SETTING_REAL || !isnan (*(const double *) value);
    }
    gradmq_err_t err = gradmq_settings_check (all, reason);
    free (all);
    if (!err)
        err = s_check_names (settings, reason);
    return err ? err : s_check_there (settings, reason);
}

gradmq_err_t
gradmq_body_settings (gradmq_cursor_t body, gradmq_settings_t *settings,
                      char name [GRADMQ_NAME_BYTES_MAX + 1], gradmq_reason_t *reason)
{
    gradmq_reply_t reply;
    gradmq_err_t err = gradmq_wire_decode_reply (&reply, body.bytes, body.size, reason);
    if (err)
        return err;
    const gradmq_settings_t *read = reply.parameters.settings;
    if (reply.answer != GRADMQ_ANSWER_PARAMETERS || !read || !gradmq_name_valid (reply.model))
        err = s_refuse (reason, "it tells no settings of a model");
    if (!err)
        err = s_check_settings (read, reason);
    if (!err) {
        *settings = *read;
        snprintf (name, GRADMQ_NAME_BYTES_MAX + 1, "%s", reply.model);
    }
    gradmq_reply_clear (&reply);
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Model and state

static gradmq_err_t
s_layout (gradmq_layout_t **layout, const void *header, size_t size, gradmq_reason_t *reason)
{
    gradmq_request_t request;
    gradmq_err_t err = gradmq_wire_decode_request (&request, header, size, reason);
    if (err)
        return err;
    if (request.command == GRADMQ_COMMAND_SET_MODEL_PARAMETERS)
        err = gradmq_layout_open (layout, request.tensors, request.tensor_count,
                                  request.layout_dtype ? request.layout_dtype : GRADMQ_DTYPE_F32,
                                  reason);
    else
        err = s_refuse (reason, "it tells no layout");
    gradmq_request_clear (&request);
    return err;
}

gradmq_err_t
gradmq_body_model (gradmq_cursor_t body, gradmq_model_body_t *model, gradmq_reason_t *reason)
{
    const uint8_t *header;
    uint32_t size;
    *model = (gradmq_model_body_t){0};
    gradmq_err_t err = s_number (&body, &model->epoch, reason);
    if (!err)
        err = s_number (&body, &model->version, reason);
    if (!err)
        err = s_header (&body, &header, &size, reason);
    if (!err)
        err = s_layout (&model->layout, header, size, reason);
    model->payload = s_rest (&body);
    return err;
}

gradmq_err_t
gradmq_body_base (gradmq_cursor_t body, gradmq_model_body_t *base, gradmq_reason_t *reason)
{
    *base = (gradmq_model_body_t){0};
    gradmq_err_t err = s_number (&body, &base->version, reason);
    base->payload = s_rest (&body);
    return err;
}

static double
s_real (const uint8_t *at)
{
    uint64_t bits = gradmq_get_u64 (at);
    double value;
    memcpy (&value, &bits, sizeof value);
    return value;
}

static gradmq_err_t
s_counts (gradmq_cursor_t *body, gradmq_step_state_t *state, gradmq_reason_t *reason)
{
    const size_t count_bytes = 24;
    const uint8_t *at;
    if (!gradmq_cursor_take (body, state->tensor_count * count_bytes, &at))
        return s_refuse (reason, "its body is too short");
    state->counts = calloc (state->tensor_count, sizeof *state->counts);
    if (!state->counts)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t t = 0; t < state->tensor_count; t++, at += count_bytes)
        state->counts [t] = (gradmq_step_count_t){.count = gradmq_get_u64 (at),
                                                  .running = {s_real (at + 8), s_real (at + 16)}};
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_body_state (gradmq_cursor_t body, const gradmq_layout_t *layout, gradmq_step_state_t *state,
                   gradmq_reason_t *reason)
{
    uint32_t states = 0, tensors = 0;
    *state = (gradmq_step_state_t){0};
    gradmq_err_t err = s_number (&body, &state->tick, reason);
    if (err)
        return err;
    if (!gradmq_cursor_u32 (&body, &states) || !gradmq_cursor_u32 (&body, &tensors))
        return s_refuse (reason, "its body is too short");
    if (tensors != gradmq_layout_count (layout) || states > GRADMQ_STATES_MAX)
        return s_refuse (reason, "its state is of another model");
    state->tensor_count = tensors;
    state->state_count = states;
    err = s_counts (&body, state, reason);
    for (size_t i = 0; i < states && !err; i++) {
        const uint8_t *at;
        if (gradmq_cursor_take (&body, (size_t) gradmq_layout_bytes (layout), &at))
            state->states [i] = at;
        else
            err = s_refuse (reason, "its body is too short");
    }
    return err ? err : s_end (&body, reason);
}

//  --------------------------------------------------------------------------------------------
//  Gradients and steps

gradmq_err_t
gradmq_body_gradient (gradmq_cursor_t body, bool alone, const gradmq_layout_t *layout,
                      gradmq_gradient_body_t *gradient, gradmq_reason_t *reason)
{
    const uint8_t *header;
    uint32_t size;
    bool attributable;
    gradmq_gradient_init (&gradient->gradient);
    gradient->version = 0;
    gradmq_err_t err = alone ? s_number (&body, &gradient->version, reason) : GRADMQ_OK;
    if (!err)
        err = s_header (&body, &header, &size, reason);
    if (err)
        return err;
    err = gradmq_wire_decode_gradient (&gradient->gradient, header, size, &attributable, reason);
    if (err) {
        gradmq_gradient_init (&gradient->gradient);
        return err;
    }
    gradient->payload = s_rest (&body);
    gradient->gradient.payload = (gradmq_payload_t){
        &gradient->payload, gradient->payload.size ? 1 : 0, gradient->payload.size};
    err = gradmq_gradient_check (&gradient->gradient, layout, reason);
    if (!err && gradient->gradient.kind == GRADMQ_KIND_SKIP)
        err = s_refuse (reason, "a SKIP is no step");
    if (err)
        gradmq_gradient_clear (&gradient->gradient);
    return err;
}

gradmq_err_t
gradmq_body_step (gradmq_cursor_t body, gradmq_closed_body_t *step, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_number (&body, &step->version, reason);
    if (err)
        return err;
    if (!gradmq_cursor_u32 (&body, &step->count)
        || !gradmq_cursor_take (&body, (size_t) step->count * sizeof (uint64_t), &step->lsns))
        return s_refuse (reason, "its body is too short");
    return s_end (&body, reason);
}

gradmq_err_t
gradmq_body_digest (gradmq_cursor_t body, gradmq_digest_body_t *digest, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_number (&body, &digest->epoch, reason);
    if (!err)
        err = s_number (&body, &digest->version, reason);
    if (!err && !gradmq_cursor_take (&body, GRADMQ_SHA256_BYTES, &digest->digest))
        err = s_refuse (reason, "its body is too short");
    return err ? err : s_end (&body, reason);
}

gradmq_err_t
gradmq_body_number (gradmq_cursor_t body, uint64_t *number, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_number (&body, number, reason);
    return err ? err : s_end (&body, reason);
}

gradmq_err_t
gradmq_body_nothing (gradmq_cursor_t body, gradmq_reason_t *reason)
{
    return s_end (&body, reason);
}
