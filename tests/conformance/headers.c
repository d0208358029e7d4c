//  Vectors of the five kinds of header: decoded, encoded, decoded again, compared by meaning.

#include "compare.h"
#include "gradmq/v1/control.pb-c.h"
#include "gradmq/v1/event.pb-c.h"
#include "gradmq/v1/update.pb-c.h"
#include "vector.h"
#include "wire/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

//  Any of the plain structs.
typedef struct {
    union {
        gradmq_gradient_t gradient;
        gradmq_update_t update;
        gradmq_event_t event;
        gradmq_request_t request;
        gradmq_reply_t reply;
    };
    bool attributable;
} s_plain_t;

typedef struct {
    const ProtobufCMessageDescriptor *descriptor;
    size_t frame;  //  which one is the header
    gradmq_err_t (*decode) (s_plain_t *, const void *, size_t, gradmq_reason_t *);
    gradmq_err_t (*encode) (const s_plain_t *, void **, size_t *);
    void (*clear) (s_plain_t *);
} s_kind_t;

static gradmq_err_t
s_decode_gradient (s_plain_t *self, const void *header, size_t size, gradmq_reason_t *reason)
{
    return gradmq_wire_decode_gradient (&self->gradient, header, size, &self->attributable, reason);
}

#define KIND(kind)                                                                                 \
    static gradmq_err_t s_encode_##kind (const s_plain_t *self, void **header, size_t *size)       \
    {                                                                                              \
        return gradmq_wire_encode_##kind (&self->kind, header, size);                              \
    }                                                                                              \
    static void s_clear_##kind (s_plain_t *self)                                                   \
    {                                                                                              \
        gradmq_##kind##_clear (&self->kind);                                                       \
    }
#define DECODER(kind)                                                                              \
    static gradmq_err_t s_decode_##kind (s_plain_t *self, const void *header, size_t size,         \
                                         gradmq_reason_t *reason)                                  \
    {                                                                                              \
        return gradmq_wire_decode_##kind (&self->kind, header, size, reason);                      \
    }
KIND (gradient)
KIND (update)
KIND (event)
KIND (request)
KIND (reply)
DECODER (update)
DECODER (event)
DECODER (reply)

//  A gradient in a request that is attributable but wrong is no error of decoding; the coordinator
//  refuses it for what `fault` says.
static gradmq_err_t
s_decode_request (s_plain_t *self, const void *header, size_t size, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_wire_decode_request (&self->request, header, size, reason);
    if (err || !self->request.fault)
        return err;
    err = self->request.fault;
    uint64_t request_id = self->request.request_id;
    gradmq_request_clear (&self->request);
    self->request.request_id = request_id;
    return err;
}

//  Decode, and hold what comes out against the vector's message; twice, the second time what was
//  encoded from the first.
static bool
s_run_valid (const s_kind_t *kind, s_plain_t *plain, const json_t *message,
             char wrong [VECTOR_WRONG_BYTES])
{
    void *header;
    size_t size;
    s_plain_t again;
    if (kind->encode (plain, &header, &size))
        return vector_fail (wrong, "cannot be encoded");
    ProtobufCMessage *unpacked =
        protobuf_c_message_unpack (kind->descriptor, NULL, size - GRADMQ_PREAMBLE_BYTES,
                                   (uint8_t *) header + GRADMQ_PREAMBLE_BYTES);
    bool same = unpacked ? compare_message (message, unpacked, false, wrong)
                         : vector_fail (wrong, "what was encoded cannot be unpacked");
    if (unpacked)
        protobuf_c_message_free_unpacked (unpacked, NULL);
    if (same && kind->decode (&again, header, size, NULL))
        same = vector_fail (wrong, "what was encoded is refused");
    else if (same) {
        void *header_again = NULL;
        size_t size_again;
        if (kind->encode (&again, &header_again, &size_again) || size_again != size
            || memcmp (header, header_again, size) != 0)
            same = vector_fail (wrong, "encoded twice it is not the same");
        free (header_again);
        kind->clear (&again);
    }
    free (header);
    return same;
}

static bool
s_run_refused (const json_t *vector, const s_plain_t *plain, gradmq_err_t err,
               const gradmq_reason_t *reason, char wrong [VECTOR_WRONG_BYTES])
{
    const char *code = vector_text (vector, "error");
    if (!code)
        return vector_fail (wrong, "refused: %s, %s", gradmq_err_name (err), reason->text);
    if (strcmp (code, gradmq_err_name (err)) != 0)
        return vector_fail (wrong, "refused with %s, not with %s", gradmq_err_name (err), code);
    if (strlen (reason->text) < 10 || reason->code != err)
        return vector_fail (wrong, "refused without a sentence");
    const json_t *attributable = json_object_get (vector, "attributable");
    if (attributable && json_is_true (attributable) != plain->attributable)
        return vector_fail (wrong, "wrongly %sattributable", plain->attributable ? "" : "not ");
    uint64_t id = vector_u64 (vector, "request_id");
    if (id && plain->request.request_id != id)
        return vector_fail (wrong, "the request id was not found");
    return true;
}

static bool
s_run (const s_kind_t *kind, const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    vector_frames_t frames = vector_frames (json_object_get (vector, "frames"));
    assert (frames.count > kind->frame);
    s_plain_t plain;
    gradmq_reason_t reason = {0};
    const gradmq_frame_t *header = &frames.frames [kind->frame];
    bool good = true;
    memset (&plain, 0, sizeof plain);
    gradmq_err_t err = kind->decode (&plain, header->bytes, header->size, &reason);
    if (err)
        good = s_run_refused (vector, &plain, err, &reason, wrong);
    else {
        if (vector_text (vector, "error"))
            good = vector_fail (wrong, "taken, not refused with %s", vector_text (vector, "error"));
        else
            good = s_run_valid (kind, &plain, json_object_get (vector, "message"), wrong);
        kind->clear (&plain);
    }
    vector_frames_clear (&frames);
    return good;
}

//  Header and payload against the layout that the vector names.
static bool
s_run_check (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    vector_frames_t frames = vector_frames (json_object_get (vector, "frames"));
    gradmq_layout_t *layout = vector_layout_named (vector_text (vector, "layout"));
    gradmq_gradient_t gradient;
    gradmq_reason_t reason = {0};
    bool attributable;
    gradmq_err_t err = gradmq_wire_decode_gradient (&gradient, frames.frames [0].bytes,
                                                    frames.frames [0].size, &attributable, &reason);
    assert (!err && layout);
    gradient.payload = (gradmq_payload_t){frames.frames + 1, frames.count - 1,
                                          frames.bytes - frames.frames [0].size};
    err = gradmq_gradient_check (&gradient, layout, &reason);
    const char *check = vector_text (vector, "check");
    bool good = strcmp (check, gradmq_err_name (err)) == 0;
    if (!good)
        vector_fail (wrong, "checked: %s, not %s; %s", gradmq_err_name (err), check, reason.text);
    gradmq_gradient_clear (&gradient);
    gradmq_layout_release (&layout);
    vector_frames_clear (&frames);
    return good;
}

#define RUN(kind, message, at)                                                                     \
    {                                                                                              \
        &gradmq__v1__##message##__descriptor, at, s_decode_##kind, s_encode_##kind, s_clear_##kind \
    }

bool
vector_run_gradient (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    static const s_kind_t kind = RUN (gradient, gradient, 0);
    return s_run (&kind, vector, wrong)
           && (!vector_text (vector, "check") || s_run_check (vector, wrong));
}

bool
vector_run_update (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    static const s_kind_t kind = RUN (update, update, 1);
    return s_run (&kind, vector, wrong);
}

bool
vector_run_event (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    static const s_kind_t kind = RUN (event, event, 1);
    return s_run (&kind, vector, wrong);
}

bool
vector_run_request (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    static const s_kind_t kind = RUN (request, request, 0);
    return s_run (&kind, vector, wrong);
}

bool
vector_run_reply (const json_t *vector, char wrong [VECTOR_WRONG_BYTES])
{
    static const s_kind_t kind = RUN (reply, reply, 0);
    return s_run (&kind, vector, wrong);
}
