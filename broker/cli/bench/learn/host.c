#include "cli/bench/learn/host.h"

#include "coordinator/publisher.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MODEL "learned"
enum { HEADER_BYTES = 1024 };

#define HEARTBEAT_MS 1000u
#define LEASE_MS 86400000u
#define AN_HOUR_US 3600000000u

static uint64_t
s_now_us (void *context)
{
    const gradmq_host_t *self = context;
    return AN_HOUR_US + self->now_us;
}

//  Read "name=value name=value".
static gradmq_err_t
s_read (gradmq_settings_t *change, const char *text, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    gradmq_settings_init (change);
    for (size_t length; !err && *text; text += length + (text [length] == ' ')) {
        char word [GRADMQ_SETTING_TEXT_BYTES];
        length = strcspn (text, " ");
        snprintf (word, sizeof word, "%.*s", (int) length, text);
        char *value = strchr (word, '=');
        if (!value)
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "\"%s\" sets nothing", word);
        *value++ = 0;
        err = gradmq_settings_parse (change, word, value, reason);
    }
    return err;
}

static gradmq_err_t
s_set (gradmq_host_t *self, const char *settings, gradmq_reason_t *reason)
{
    gradmq_settings_t change;
    const char *unset [GRADMQ_UNSET_MAX];
    size_t unset_count;
    gradmq_err_t err = s_read (&change, settings, reason);
    if (!err)
        err = gradmq_engine_set_parameters (self->engine, &change, NULL, 0, unset, &unset_count,
                                            reason);
    return err;
}

static gradmq_err_t
s_load (gradmq_host_t *self, gradmq_layout_t *layout, const void *start, gradmq_reason_t *reason)
{
    size_t size = (size_t) gradmq_layout_bytes (layout);
    void *zeroes = start ? NULL : calloc (1, size);
    if (!start && !zeroes)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu bytes", size);
    gradmq_frame_t frame = {start ? start : zeroes, size};
    gradmq_payload_t payload = {&frame, 1, size};
    gradmq_err_t err =
        gradmq_engine_load (self->engine, layout, gradmq_layout_dtype (layout), &payload, reason);
    free (zeroes);
    return err;
}

gradmq_err_t
gradmq_host_open (gradmq_host_t *self, const char *settings, gradmq_layout_t *layout,
                  const void *start, gradmq_reason_t *reason)
{
    *self = (gradmq_host_t){0};
    gradmq_clock_t clock = {.monotonic_us = s_now_us, .unix_us = s_now_us, .context = self};
    self->engine = gradmq_engine_new (MODEL, clock, HEARTBEAT_MS);
    self->publisher = gradmq_publisher_new (NULL, NULL, true);
    if (!self->engine || !self->publisher)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->engine->publisher = self->publisher;
    gradmq_err_t err = s_set (self, settings, reason);
    if (!err)
        err = s_load (self, layout, start, reason);
    if (!err)
        err = gradmq_engine_start (self->engine, reason);
    return err;
}

void
gradmq_host_clear (gradmq_host_t *self)
{
    gradmq_engine_destroy (&self->engine);
    gradmq_publisher_destroy (&self->publisher);
}

gradmq_err_t
gradmq_host_join (gradmq_host_t *self, const char *name, uint64_t *incarnation,
                  gradmq_reason_t *reason)
{
    gradmq_joined_member_t joined;
    gradmq_err_t err = gradmq_members_join (
        self->engine->members, name, 0, 1, gradmq_clock_ms (&self->engine->clock),
        gradmq_clock_unix_us (&self->engine->clock), LEASE_MS, &joined, reason);
    if (err)
        return err;
    gradmq_engine_joined (self->engine, &joined);
    *incarnation = joined.member->incarnation;
    return GRADMQ_OK;
}

//  An entry with this payload.
static gradmq_err_t
s_enter (gradmq_host_t *self, gradmq_entry_t **entry_p, const void *bytes, size_t size)
{
    gradmq_entry_t *entry = *entry_p = gradmq_queue_new_entry (&self->engine->queue);
    zmq_msg_t frame;
    if (!entry || zmq_msg_init_size (&frame, size))
        return GRADMQ_ERR_MEMORY;
    memcpy (zmq_msg_data (&frame), bytes, size);
    gradmq_err_t err = gradmq_entry_add_frame (entry, &frame);
    if (err)
        zmq_msg_close (&frame);
    return err;
}

gradmq_err_t
gradmq_host_push (gradmq_host_t *self, const gradmq_gradient_t *header, const void *bytes,
                  size_t size, gradmq_reason_t *reason)
{
    uint8_t written [HEADER_BYTES];
    gradmq_gradient_t named = *header;
    snprintf (named.model, sizeof named.model, "%s", self->engine->name);
    size_t written_size = gradmq_wire_encode_gradient_into (&named, written, sizeof written);
    assert (written_size <= sizeof written);
    gradmq_entry_t *entry;
    gradmq_err_t err = s_enter (self, &entry, bytes, size);
    if (err) {
        gradmq_queue_free_entry (&self->engine->queue, &entry);
        return gradmq_refuse (reason, err, "%s", gradmq_err_text (err));
    }
    gradmq_reason_t why = {0};
    gradmq_admission_t admission =
        gradmq_engine_gradient (self->engine, &entry, NULL, written, written_size, GRADMQ_OK, &why);
    if (admission != GRADMQ_ADMIT_QUEUED && admission != GRADMQ_ADMIT_REFUSED)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE,
                              "sequence %" PRIu64 " of %s was not taken: %s", header->sequence,
                              header->worker, gradmq_reason_text (&why));
    while (gradmq_engine_run (self->engine, SIZE_MAX))
        ;
    return GRADMQ_OK;
}

void
gradmq_host_parameters (const gradmq_host_t *self, double *w)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->engine->model);
    const void *bytes = gradmq_snapshot_bytes (gradmq_model_newest (self->engine->model));
    gradmq_layout_dtype (layout)->to_f64 (w, bytes, (size_t) gradmq_layout_elements (layout));
}

uint64_t
gradmq_host_refused (const gradmq_host_t *self, gradmq_err_t code)
{
    return self->engine->counters.by_code [GRADMQ_BY_CODE_refused_by][code];
}
