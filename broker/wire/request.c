#include "core/name.h"
#include "gradmq/v1/control.pb-c.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/gradient_message.h"
#include "wire/message.h"
#include "wire/request_body.h"
#include "wire/settings.h"

#include <inttypes.h>
#include <string.h>

#define S_ARENA_BYTES 4096u
#define S_REQUEST_ID_FIELD 2
#define S_LIST_LIMIT_MAX 1024u

//  The bodies stand in a union: one pointer, whichever it is.
static void **
s_body (Gradmq__V1__Request *message)
{
    return (void **) &message->describe;
}

//  The request's id, for the reply, from a header that may be broken behind it.
static uint64_t
s_find_request_id (const void *header, size_t size)
{
    gradmq_field_reader_t reader = {(const uint8_t *) header + GRADMQ_PREAMBLE_BYTES,
                                    (const uint8_t *) header + size};
    gradmq_field_t field;
    uint64_t id = 0;
    while (gradmq_field_next (&reader, &field))
        if (field.number == S_REQUEST_ID_FIELD && field.type == GRADMQ_WIRE_VARINT)
            id = field.value;
    return id;
}

static gradmq_err_t
s_check_name (const char *what, const char *name, bool needed, gradmq_reason_t *reason)
{
    if ((!name && !needed) || gradmq_name_valid (name))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_NAME, "%s \"%.80s\" is not a valid name", what,
                          name ? name : "");
}

//  --------------------------------------------------------------------------------------------
//  Reading what rows cannot say

static gradmq_err_t
s_check_dtype (bool present, uint32_t dtype, gradmq_reason_t *reason)
{
    if (!present || gradmq_dtype (dtype))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "dtype %" PRIu32 " is not known here",
                          dtype);
}

static gradmq_err_t
s_read_settings (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                 gradmq_reason_t *reason)
{
    const Gradmq__V1__SetParametersRequest *message = body;
    gradmq_settings_t *settings = NULL;
    if (!message->settings)
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_settings_read_change (&settings, message->settings, arena, reason);
    self->settings = settings;
    return err;
}

static gradmq_err_t
s_check_model (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
               gradmq_reason_t *reason)
{
    const Gradmq__V1__SetModelParametersRequest *message = body;
    (void) self;
    (void) arena;
    gradmq_err_t err = s_check_dtype (message->has_dtype, message->dtype, reason);
    if (!err && message->layout)
        err = s_check_dtype (message->layout->has_dtype, message->layout->dtype, reason);
    return err;
}

static gradmq_err_t
s_read_gradient (gradmq_request_t *self, const Gradmq__V1__Gradient *message, gradmq_arena_t *arena,
                 gradmq_reason_t *reason)
{
    if (!message)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "the request has no gradient");
    gradmq_err_t err =
        gradmq_frame_understand (&gradmq__v1__gradient__descriptor, message->must_understand,
                                 message->n_must_understand, reason);
    if (err)
        return err;
    gradmq_gradient_t *gradient = gradmq_arena_take (arena, sizeof *gradient);
    if (!gradient)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a gradient");
    bool attributable;
    err = gradmq_gradient_read (gradient, message, &attributable, reason);
    if (err && !attributable)
        return err;
    self->gradient = gradient;
    self->fault = err;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_add_gradients (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                      gradmq_reason_t *reason)
{
    const Gradmq__V1__AddGradientsRequest *message = body;
    return s_read_gradient (self, message->gradient, arena, reason);
}

static gradmq_err_t
s_read_add_model (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                  gradmq_reason_t *reason)
{
    const Gradmq__V1__AddModelParametersRequest *message = body;
    return s_read_gradient (self, message->gradient, arena, reason);
}

static gradmq_err_t
s_check_worker (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                gradmq_reason_t *reason)
{
    (void) body;
    (void) arena;
    return s_check_name ("worker", self->worker, true, reason);
}

static gradmq_err_t
s_check_stream (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                gradmq_reason_t *reason)
{
    (void) body;
    (void) arena;
    return s_check_name ("stream", self->stream, false, reason);
}

static gradmq_err_t
s_check_page (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
              gradmq_reason_t *reason)
{
    (void) body;
    (void) arena;
    if (self->limit <= S_LIST_LIMIT_MAX)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "limit is %" PRIu32 "; it can be 1 to %u",
                          self->limit, S_LIST_LIMIT_MAX);
}

static gradmq_err_t
s_check_nonce (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
               gradmq_reason_t *reason)
{
    (void) body;
    (void) arena;
    if (self->nonce)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "Sync needs a nonce other than 0");
}

//  A name, or the end of what was named before.
static gradmq_err_t
s_check_recording (gradmq_request_t *self, const void *body, gradmq_arena_t *arena,
                   gradmq_reason_t *reason)
{
    (void) body;
    (void) arena;
    if (!self->end_recording)
        return s_check_name ("recording", self->recording, true, reason);
    if (!self->recording)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "Record with both a name and stop; there is one recording at a time, so "
                          "leave the name out");
}

typedef gradmq_err_t s_finish_fn (gradmq_request_t *, const void *, gradmq_arena_t *,
                                  gradmq_reason_t *);

//  What follows the rows, by command.
static s_finish_fn *const s_finish [] = {
    [GRADMQ_COMMAND_JOIN] = s_check_worker,
    [GRADMQ_COMMAND_LEAVE] = s_check_worker,
    [GRADMQ_COMMAND_SET_PARAMETERS] = s_read_settings,
    [GRADMQ_COMMAND_SET_MODEL_PARAMETERS] = s_check_model,
    [GRADMQ_COMMAND_GET_MODEL_PARAMETERS] = s_check_stream,
    [GRADMQ_COMMAND_ADD_GRADIENTS] = s_read_add_gradients,
    [GRADMQ_COMMAND_ADD_MODEL_PARAMETERS] = s_read_add_model,
    [GRADMQ_COMMAND_LIST_WORKERS] = s_check_page,
    [GRADMQ_COMMAND_ACKNOWLEDGEMENT] = s_check_worker,
    [GRADMQ_COMMAND_SYNC] = s_check_nonce,
    [GRADMQ_COMMAND_RECORD] = s_check_recording,
};

//  --------------------------------------------------------------------------------------------
//  Decoding

static void
s_read_head (gradmq_request_t *self, const Gradmq__V1__Request *message)
{
    self->client = message->client;
    self->model = message->model;
    self->request_id = message->request_id;
    self->has_if_epoch = message->has_if_epoch;
    self->if_epoch = message->if_epoch;
    self->has_if_version = message->has_if_version;
    self->if_version = message->if_version;
}

static gradmq_err_t
s_read_body (gradmq_request_t *self, Gradmq__V1__Request *message, gradmq_arena_t *arena,
             gradmq_reason_t *reason)
{
    uint32_t number = (uint32_t) message->body_case;
    const gradmq_shape_t *shape = gradmq_request_body (number);
    if (!shape || !*s_body (message))
        return gradmq_refuse (reason, GRADMQ_ERR_COMMAND, "the request has no command");
    self->command = (gradmq_command_t) number;
    gradmq_err_t err = gradmq_shape_read (shape, self, *s_body (message), arena, reason);
    if (!err && number < sizeof s_finish / sizeof s_finish [0] && s_finish [number])
        err = s_finish [number](self, *s_body (message), arena, reason);
    return err;
}

static gradmq_err_t
s_read (gradmq_request_t *self, Gradmq__V1__Request *message, gradmq_arena_t *arena,
        gradmq_reason_t *reason)
{
    s_read_head (self, message);
    gradmq_err_t err =
        gradmq_frame_understand (&gradmq__v1__request__descriptor, message->must_understand,
                                 message->n_must_understand, reason);
    if (!err)
        err = s_check_name ("client", self->client, false, reason);
    if (!err)
        err = s_check_name ("model", self->model, false, reason);
    return err ? err : s_read_body (self, message, arena, reason);
}

//  After a refusal: what the answer needs, and nothing that is owned.
static void
s_keep_for_reply (gradmq_request_t *self, const void *header, size_t size, gradmq_err_t err)
{
    gradmq_request_clear (self);
    if (size >= GRADMQ_PREAMBLE_BYTES && err != GRADMQ_ERR_PREAMBLE && err != GRADMQ_ERR_VERSION)
        self->request_id = s_find_request_id (header, size);
}

gradmq_err_t
gradmq_wire_decode_request (gradmq_request_t *self, const void *header, size_t size,
                            gradmq_reason_t *reason)
{
    ProtobufCMessage *message = NULL;
    gradmq_arena_t *arena = NULL;
    memset (self, 0, sizeof *self);
    gradmq_err_t err = gradmq_frame_decode (&message, &arena, &gradmq__v1__request__descriptor,
                                            header, size, GRADMQ_FRAME_REQUEST, reason);
    if (!err) {
        self->arena = arena;
        err = s_read (self, (Gradmq__V1__Request *) message, arena, reason);
    }
    if (err)
        s_keep_for_reply (self, header, size, err);
    return err;
}

void
gradmq_request_clear (gradmq_request_t *self)
{
    gradmq_arena_t *arena = self->arena;
    //  Without an arena the gradient is the caller's own.
    if (arena && self->gradient)
        gradmq_gradient_clear (self->gradient);
    gradmq_arena_destroy (&arena);
    memset (self, 0, sizeof *self);
}

//  --------------------------------------------------------------------------------------------
//  Encoding

static void
s_write_head (const gradmq_request_t *self, Gradmq__V1__Request *message)
{
    message->client = (char *) self->client;
    message->model = (char *) self->model;
    message->has_request_id = self->request_id != 0;
    message->request_id = self->request_id;
    message->has_if_epoch = self->has_if_epoch;
    message->if_epoch = self->if_epoch;
    message->has_if_version = self->has_if_version;
    message->if_version = self->if_version;
}

//  What rows cannot write.
static bool
s_write_more (const gradmq_request_t *self, void *body, gradmq_arena_t *arena)
{
    Gradmq__V1__SetParametersRequest *set = body;
    Gradmq__V1__AddGradientsRequest *add = body;
    Gradmq__V1__AddModelParametersRequest *add_model = body;
    switch (self->command) {
        case GRADMQ_COMMAND_SET_PARAMETERS:
            if (self->settings)
                set->settings = gradmq_settings_write (self->settings, true, arena);
            return !self->settings || set->settings;
        case GRADMQ_COMMAND_ADD_GRADIENTS:
            if (self->gradient)
                add->gradient = gradmq_gradient_write (self->gradient, arena);
            return !self->gradient || add->gradient;
        case GRADMQ_COMMAND_ADD_MODEL_PARAMETERS:
            if (self->gradient)
                add_model->gradient = gradmq_gradient_write (self->gradient, arena);
            return !self->gradient || add_model->gradient;
        default:
            return true;
    }
}

static bool
s_write_body (const gradmq_request_t *self, Gradmq__V1__Request *message, gradmq_arena_t *arena)
{
    const gradmq_shape_t *shape = gradmq_request_body (self->command);
    if (!shape)
        return true;
    void *body = gradmq_shape_write (shape, self, arena);
    if (!body || !s_write_more (self, body, arena))
        return false;
    message->body_case = (Gradmq__V1__Request__BodyCase) self->command;
    *s_body (message) = body;
    return true;
}

gradmq_err_t
gradmq_wire_encode_request (const gradmq_request_t *self, void **header, size_t *size)
{
    uint8_t first [S_ARENA_BYTES];
    gradmq_arena_t arena;
    gradmq_arena_init (&arena, first, sizeof first, SIZE_MAX);
    Gradmq__V1__Request message = GRADMQ__V1__REQUEST__INIT;
    s_write_head (self, &message);
    gradmq_err_t err = GRADMQ_ERR_MEMORY;
    if (s_write_body (self, &message, &arena))
        err = gradmq_frame_encode (&message.base, GRADMQ_FRAME_REQUEST, header, size);
    gradmq_arena_clear (&arena);
    return err;
}

gradmq_err_t
gradmq_wire_canonical_request (const void *header, size_t size, void **canonical,
                               size_t *canonical_size)
{
    ProtobufCMessage *message = NULL;
    gradmq_arena_t *arena = NULL;
    gradmq_err_t err = gradmq_frame_decode (&message, &arena, &gradmq__v1__request__descriptor,
                                            header, size, GRADMQ_FRAME_REQUEST, NULL);
    if (!err)
        err = gradmq_frame_encode (message, GRADMQ_FRAME_REQUEST, canonical, canonical_size);
    gradmq_arena_destroy (&arena);
    return err;
}
