#include "parts.h"
#include "push.h"
#include "worker.h"

#include "core/name.h"
#include "core/size.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  What came in is read after this many pushes, or an eighth of the credit where that is less.
#define READ_EVERY 64u

//  ------------------------------------------------------------------------------------------------
//  Waiting until a gradient can go

typedef struct {
    uint64_t bytes;
} s_room_t;

static bool
s_room_ready (gradmq_worker_t *self, const void *argument)
{
    const s_room_t *room = (const s_room_t *) argument;
    return !self->join && !self->describe && !self->closed && !self->fenced && !self->blocked
           && gradmq_outbox_room (&self->ledger.outbox, room->bytes, &self->ledger.credit);
}

static void
s_room_say (gradmq_worker_t *self, const void *argument, char *text, size_t size)
{
    const s_room_t *room = (const s_room_t *) argument;
    const gradmq_outbox_t *outbox = &self->ledger.outbox;
    const gradmq_credit_t *credit = &self->ledger.credit;
    uint64_t count = gradmq_outbox_count (outbox);
    if (gradmq_outbox_room (outbox, room->bytes, credit))
        snprintf (text, size, "a way to send a gradient");
    else if (count < credit->gradients)
        snprintf (text, size,
                  "credit: %" PRIu64 " of %" PRIu64 " bytes are not settled, and %" PRIu64
                  " are to go",
                  outbox->bytes, credit->bytes, room->bytes);
    else
        snprintf (text, size, "credit: %" PRIu64 " of %" PRIu64 " gradients are not settled", count,
                  credit->gradients);
}

static void
s_count_down (gradmq_worker_t *self)
{
    uint64_t every = self->ledger.credit.gradients / 8;
    self->countdown = (uint32_t) (every < 1 ? 1 : every > READ_EVERY ? READ_EVERY : every);
}

static gradmq_err_t
s_wait_for_room (gradmq_worker_t *self, uint64_t bytes, uint64_t deadline_ms, gradmq_reason_t *why)
{
    const s_room_t room = {bytes};
    if (self->countdown && s_room_ready (self, &room)) {
        self->countdown--;
        return GRADMQ_OK;
    }
    const gradmq_wait_t wait = {
        .ready = s_room_ready, .say = s_room_say, .argument = &room, .settlement = true};
    gradmq_err_t err = GRADMQ_OK;
    gradmq_worker_progress (self);
    if (!s_room_ready (self, &room))
        err = gradmq_worker_wait (self, &wait, deadline_ms, why);
    s_count_down (self);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  Sending

static gradmq_err_t
s_memory (gradmq_reason_t *why)
{
    return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory; the gradient was not pushed");
}

//  The header of the next gradient, in front of the payload that is kept there already.
static bool
s_write_header (gradmq_worker_t *self, gradmq_kept_t *kept, uint32_t kind,
                const gradmq_push_t *push, const gradmq_push_header_part_t *parts, size_t count)
{
    const gradmq_stream_t *stream = &self->stream;
    const gradmq_outbox_t *outbox = &self->ledger.outbox;
    const gradmq_push_header_fields_t fields = {.sequence = outbox->next,
                                                .low_water = outbox->first,
                                                .has_base =
                                                    stream->given && !(push && push->without_base),
                                                .base_epoch = stream->given_epoch,
                                                .base_version = stream->given_version,
                                                .kind = gradmq_push_kind (push, kind),
                                                .layout = gradmq_layout_id (self->known.layout),
                                                .push = push,
                                                .parts = parts,
                                                .part_count = count};
    return gradmq_push_header_write (&self->header, &fields)
           && gradmq_kept_header (kept, self->header.bytes, self->header.size);
}

//  Hand the next gradient over, when there is a connection.
static gradmq_err_t
s_send (gradmq_worker_t *self, gradmq_kept_t *kept, uint64_t bytes, uint64_t deadline_ms,
        gradmq_reason_t *why)
{
    gradmq_sent_t sent;
    while ((sent = gradmq_kept_send (kept, self->gradients)) == GRADMQ_AGAIN) {
        self->blocked = true;
        gradmq_err_t err = s_wait_for_room (self, bytes, deadline_ms, why);
        if (err)
            return err;
    }
    if (sent == GRADMQ_FAILED)
        return s_memory (why);
    if (sent == GRADMQ_BROKEN)
        gradmq_confirm_want (&self->ledger.confirm);
    gradmq_outbox_add (&self->ledger.outbox, bytes);
    self->pushed++;
    return GRADMQ_OK;
}

static gradmq_kept_t *
s_next_kept (gradmq_worker_t *self)
{
    return &self->kept [gradmq_outbox_slot (self->ledger.outbox.next)];
}

static gradmq_err_t
s_push_kept (gradmq_worker_t *self, uint32_t kind, const gradmq_push_t *push,
             const gradmq_push_header_part_t *parts, size_t count, uint64_t bytes,
             uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_kept_t *kept = s_next_kept (self);
    if (!s_write_header (self, kept, kind, push, parts, count))
        return s_memory (why);
    gradmq_err_t err = s_send (self, kept, bytes, deadline_ms, why);
    if (!err)
        gradmq_worker_pushed (self, push);
    return err;
}

//  ------------------------------------------------------------------------------------------------
//  What callers say

static bool
s_weight_valid (double weight)
{
    return isfinite (weight) && weight >= 0;
}

static gradmq_err_t
s_check_metrics (const gradmq_push_t *push, gradmq_reason_t *why)
{
    if (push->metric_count > GRADMQ_METRICS_MAX)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT, "%zu metrics are given; %u can go",
                              push->metric_count, GRADMQ_METRICS_MAX);
    for (size_t i = 0; i < push->metric_count; i++) {
        const gradmq_metric_info_t *metric = &push->metrics [i];
        if (!gradmq_metric_name_valid (metric->name))
            return gradmq_refuse (why, GRADMQ_ERR_NAME,
                                  "metric %zu has no valid name: 1 to 64 bytes of UTF-8 without "
                                  "control characters",
                                  i);
        if (!isfinite (metric->value) || !s_weight_valid (metric->weight))
            return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                                  "metric %s: value %g and weight %g must be finite, the weight "
                                  "not below 0",
                                  metric->name, metric->value, metric->weight);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_push_check (const gradmq_push_t *push, gradmq_reason_t *why)
{
    if (push == NULL)
        return GRADMQ_OK;
    if (push->dtype && gradmq_dtype (push->dtype) == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "dtype %u is none: GRADMQ_F32, _F64, _F16 "
                              "and _BF16 are there",
                              push->dtype);
    if (push->kind > GRADMQ_MODEL_PARAMETERS)
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "kind %u is none: GRADMQ_GRADIENT, _DELTA and _MODEL_PARAMETERS are "
                              "there",
                              push->kind);
    if (!s_weight_valid (push->weight) || !s_weight_valid (push->loss_scale))
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "weight %g and loss_scale %g must be finite and above 0",
                              push->weight, push->loss_scale);
    return s_check_metrics (push, why);
}

static const gradmq_dtype_t *
s_dtype (const gradmq_worker_t *self, const gradmq_push_t *push)
{
    return push && push->dtype ? gradmq_dtype (push->dtype)
                               : gradmq_layout_dtype (self->known.layout);
}

//  Does `bytes` of `data` make a whole model?
static gradmq_err_t
s_check_whole (const gradmq_worker_t *self, const void *data, uint64_t bytes,
               const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_err_t err = gradmq_push_check (push, why);
    if (err)
        return err;
    const gradmq_dtype_t *dtype = s_dtype (self, push);
    uint64_t whole;
    if (!gradmq_size_mul (gradmq_layout_elements (self->known.layout), dtype->size, &whole)
        || whole != bytes || data == NULL)
        return gradmq_refuse (why, data ? GRADMQ_ERR_LENGTH : GRADMQ_ERR_ARGUMENT,
                              "a gradient of %" PRIu64 " %s elements is needed, and %" PRIu64
                              " bytes are given%s",
                              gradmq_layout_elements (self->known.layout), dtype->name, bytes,
                              data ? "" : " at NULL");
    return GRADMQ_OK;
}

//  Where `bytes` of payload of the next gradient go. NULL: out of memory.
static void *
s_payload (gradmq_worker_t *self, uint64_t bytes)
{
    gradmq_kept_t *kept = s_next_kept (self);
    if (bytes <= GRADMQ_KEPT_SMALL_BYTES)
        return gradmq_kept_small (kept, (size_t) bytes);
    kept->buffer = gradmq_buffers_take (self->session.buffers, bytes);
    return kept->buffer ? gradmq_buffer_data (kept->buffer) : NULL;
}

//  ------------------------------------------------------------------------------------------------
//  Compressed gradients

//  Encode into what is kept of the next gradient, and send that. The sender says nothing of dtype and
//  loss_scale: the numbers are divided here, so that what remains has no scale.
static gradmq_err_t
s_send_compressed (gradmq_worker_t *self, const void *data, const gradmq_push_t *push,
                   uint64_t deadline_ms, gradmq_reason_t *why)
{
    gradmq_compressor_t *compressor = &self->compressor;
    gradmq_kept_t *kept = s_next_kept (self);
    gradmq_push_t said = push ? *push : (gradmq_push_t){0};
    double factor = said.loss_scale > 0 ? 1 / said.loss_scale : 1;
    said.loss_scale = 0;
    said.dtype = compressor->method->dtype;
    void *to = s_payload (self, compressor->bytes);
    gradmq_err_t err =
        to ? gradmq_compressor_encode (compressor, data, factor, to, kept->buffer, why)
           : s_memory (why);
    if (!err)
        err = s_push_kept (self, GRADMQ_KIND_GRADIENT, &said, compressor->told, compressor->count,
                           compressor->bytes, deadline_ms, why);
    if (err) {
        gradmq_kept_clear (kept);
        return err;
    }
    kept->compressed = compressor->generation;
    gradmq_compressor_sent (compressor);
    return GRADMQ_OK;
}

static gradmq_err_t
s_push_compressed (gradmq_worker_t *self, const void *data, const gradmq_push_t *push,
                   gradmq_reason_t *why)
{
    gradmq_compressor_t *compressor = &self->compressor;
    gradmq_layout_t *layout = self->known.layout;
    if (s_dtype (self, push) != gradmq_layout_dtype (layout))
        return gradmq_refuse (why, GRADMQ_ERR_ARGUMENT,
                              "gradients are compressed from the model's own dtype, %s; give that",
                              gradmq_layout_dtype (layout)->name);
    gradmq_err_t err = gradmq_compressor_prepare (compressor, layout, why);
    if (err)
        return err;
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    err = s_wait_for_room (self, compressor->bytes, deadline_ms, why);
    if (!err && gradmq_layout_id (self->known.layout) != gradmq_layout_id (compressor->layout))
        err = gradmq_refuse (why, GRADMQ_ERR_LAYOUT,
                             "the model was replaced by one of another layout meanwhile; the "
                             "gradient was not pushed");
    return err ? err : s_send_compressed (self, data, push, deadline_ms, why);
}

//  Parameters are not compressed: what is left out of them would not come with the next ones.
static bool
s_compresses (const gradmq_worker_t *self, const gradmq_push_t *push)
{
    return self->compresses && !(push && push->kind == GRADMQ_MODEL_PARAMETERS);
}

//  ------------------------------------------------------------------------------------------------
//  Pushing

gradmq_err_t
gradmq_worker_push (gradmq_worker_t *self, const void *data, uint64_t bytes,
                    const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_err_t err = s_check_whole (self, data, bytes, push, why);
    if (err)
        return err;
    if (s_compresses (self, push))
        return s_push_compressed (self, data, push, why);
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    err = s_wait_for_room (self, bytes, deadline_ms, why);
    if (err)
        return err;
    gradmq_kept_t *kept = s_next_kept (self);
    void *to = s_payload (self, bytes);
    if (to)
        memcpy (to, data, (size_t) bytes);
    if (to == NULL
        || (kept->buffer && !gradmq_buffer_cut (kept->buffer, bytes, s_dtype (self, push)->size)))
        err = s_memory (why);
    else
        err = s_push_kept (self, GRADMQ_KIND_GRADIENT, push, NULL, 0, bytes, deadline_ms, why);
    if (err)
        gradmq_kept_clear (kept);
    return err;
}

gradmq_err_t
gradmq_worker_push_take (gradmq_worker_t *self, void *data, uint64_t bytes,
                         void (*release) (void *data, void *context), void *context,
                         const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_err_t err = s_check_whole (self, data, bytes, push, why);
    if (err)
        return err;
    if (s_compresses (self, push)) {
        err = s_push_compressed (self, data, push, why);
        if (!err && release)
            release (data, context);
        return err;
    }
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    err = s_wait_for_room (self, bytes, deadline_ms, why);
    if (err)
        return err;
    gradmq_kept_t *kept = s_next_kept (self);
    kept->buffer = gradmq_buffers_wrap (self->session.buffers, data, bytes, release, context);
    if (kept->buffer == NULL
        || !gradmq_buffer_cut (kept->buffer, bytes, s_dtype (self, push)->size))
        err = s_memory (why);
    else
        err = s_push_kept (self, GRADMQ_KIND_GRADIENT, push, NULL, 0, bytes, deadline_ms, why);
    if (err) {
        if (kept->buffer)
            gradmq_buffer_disown (&kept->buffer);
        gradmq_kept_clear (kept);
    }
    return err;
}

gradmq_err_t
gradmq_worker_skip (gradmq_worker_t *self, const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_err_t err = gradmq_push_check (push, why);
    if (err)
        return err;
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    err = s_wait_for_room (self, 0, deadline_ms, why);
    if (err)
        return err;
    gradmq_kept_t *kept = s_next_kept (self);
    err = s_push_kept (self, GRADMQ_KIND_SKIP, push, NULL, 0, 0, deadline_ms, why);
    if (err)
        gradmq_kept_clear (kept);
    return err;
}

gradmq_err_t
gradmq_worker_push_parts (gradmq_worker_t *self, const gradmq_part_info_t *parts, size_t count,
                          const gradmq_push_t *push, gradmq_reason_t *why)
{
    gradmq_err_t err = gradmq_push_check (push, why);
    if (err)
        return err;
    gradmq_push_header_part_t *told;
    uint64_t bytes;
    const gradmq_dtype_t *dtype = s_dtype (self, push);
    err = gradmq_parts_plan (self->known.layout, dtype, parts, count, &told, &bytes, why);
    if (err)
        return err;
    const uint64_t deadline_ms = gradmq_worker_ms (self) + self->session.timeout_ms;
    gradmq_kept_t *kept = NULL;
    err = s_wait_for_room (self, bytes, deadline_ms, why);
    if (err)
        goto cleanup;
    kept = s_next_kept (self);
    void *to = s_payload (self, bytes);
    if (to == NULL || !gradmq_parts_write (dtype, parts, told, count, to, kept->buffer))
        err = s_memory (why);
    else
        err = s_push_kept (self, GRADMQ_KIND_GRADIENT, push, told, count, bytes, deadline_ms, why);
    if (err)
        gradmq_kept_clear (kept);
cleanup:
    free (told);
    return err;
}
