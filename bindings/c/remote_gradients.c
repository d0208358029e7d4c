#include "parts.h"
#include "push.h"
#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  First and longest wait between two looks at whether it is settled.
#define LOOK_MS 5u
#define LOOK_MOST_MS 250u

//  A gradient as the request carries it, its payload beside it.
static gradmq_err_t
s_build (gradmq_remote_t *self, const gradmq_part_info_t *parts, size_t count,
         const gradmq_push_t *push, gradmq_gradient_t *gradient, gradmq_buffer_t **payload,
         gradmq_reason_t *why)
{
    const gradmq_dtype_t *dtype =
        push->dtype ? gradmq_dtype (push->dtype) : gradmq_layout_dtype (self->known.layout);
    gradmq_push_header_part_t *told;
    uint64_t bytes;
    gradmq_err_t err =
        gradmq_parts_plan (self->known.layout, dtype, parts, count, &told, &bytes, why);
    if (err)
        return err;
    *payload = gradmq_buffers_take (self->session.buffers, bytes);
    gradient->parts = (gradmq_part_t *) calloc (count, sizeof *gradient->parts);
    gradient->stated_bytes = (uint64_t *) calloc (count, sizeof *gradient->stated_bytes);
    if (*payload == NULL || gradient->parts == NULL || gradient->stated_bytes == NULL
        || !gradmq_parts_write (dtype, parts, told, count, gradmq_buffer_data (*payload), *payload))
        err = gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    else {
        gradient->part_count = count;
        for (size_t i = 0; i < count; i++) {
            gradient->parts [i] = (gradmq_part_t){.tensor = told [i].tensor,
                                                  .encoding = told [i].encoding,
                                                  .dtype = dtype,
                                                  .count = told [i].count,
                                                  .bytes = told [i].bytes};
            gradient->stated_bytes [i] = told [i].bytes;
        }
        gradient->dtype = dtype->code;
    }
    free (told);
    return err;
}

static gradmq_err_t
s_say (const gradmq_remote_t *self, const gradmq_push_t *push, gradmq_gradient_t *gradient,
       gradmq_reason_t *why)
{
    gradient->has_base = self->has_base && !push->without_base;
    gradient->base_epoch = self->base_epoch;
    gradient->base_version = self->base_version;
    gradient->kind = gradmq_push_kind (push, GRADMQ_KIND_GRADIENT);
    gradient->has_clock = push->has_clock;
    gradient->clock = push->clock;
    gradient->last_of_clock = push->last_of_clock;
    gradient->weight = push->weight != 0 ? push->weight : 1;
    gradient->loss_scale = push->loss_scale != 0 ? push->loss_scale : 1;
    if (push->metric_count == 0)
        return GRADMQ_OK;
    gradient->metrics = (gradmq_metric_t *) calloc (push->metric_count, sizeof *gradient->metrics);
    if (gradient->metrics == NULL)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    gradient->metric_count = push->metric_count;
    for (size_t i = 0; i < push->metric_count; i++) {
        gradmq_metric_t *metric = &gradient->metrics [i];
        snprintf (metric->name, sizeof metric->name, "%s", push->metrics [i].name);
        metric->value = push->metrics [i].value;
        metric->weight = push->metrics [i].weight != 0 ? push->metrics [i].weight : 1;
    }
    return GRADMQ_OK;
}

//  What became of the one gradient that an acknowledgement tells of.
static gradmq_err_t
s_verdict (const gradmq_ack_t *ack, gradmq_reason_t *why)
{
    for (size_t i = 0; i < ack->disposition_count; i++) {
        const gradmq_disposed_t *disposed = &ack->dispositions [i];
        if (disposed->sequence != 1 || disposed->disposition == GRADMQ_APPLIED)
            continue;
        gradmq_err_t code = disposed->code ? gradmq_err_from_number (disposed->code) : GRADMQ_OK;
        bool refused = code && disposed->disposition == GRADMQ_REFUSED;
        return gradmq_refuse (why, refused ? code : GRADMQ_ERR_DISPOSED,
                              "the gradient was not applied but %s%s%s",
                              gradmq_disposition_name (disposed->disposition), code ? ": " : "",
                              code ? gradmq_err_text (code) : "");
    }
    return GRADMQ_OK;
}

//  Whether it is settled by now.
static gradmq_err_t
s_look (gradmq_remote_t *self, uint64_t incarnation, gradmq_ack_t *ack, gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_ACKNOWLEDGEMENT,
                                .worker = self->session.name,
                                .incarnation = incarnation,
                                .sent_through = 1};
    gradmq_err_t err =
        gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_ACKNOWLEDGEMENT, why);
    if (!err)
        *ack = self->reply.ack;
    return err;
}

//  Ask until the gradient is settled.
static gradmq_err_t
s_await (gradmq_remote_t *self, uint64_t incarnation, gradmq_ack_t ack, gradmq_reason_t *why)
{
    gradmq_session_t *session = &self->session;
    const uint64_t deadline_ms = gradmq_session_ms (session) + session->timeout_ms;
    char waits [GRADMQ_REASON_BYTES] = "";
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t wait = LOOK_MS; !err && ack.settled_through == 0; wait *= 2) {
        uint64_t now = gradmq_session_ms (session);
        if (now >= deadline_ms) {
            err = gradmq_refuse (why, GRADMQ_ERR_TIMEOUT,
                                 "the gradient was received and is not applied yet%s%s",
                                 waits [0] ? "; " : "", waits);
            break;
        }
        if (wait > LOOK_MOST_MS) {
            wait = LOOK_MOST_MS;
            err = gradmq_remote_waits (self, waits, sizeof waits, why);
            gradmq_session_wait (session, "waiting for the gradient to be applied; %s", waits);
        }
        zmq_poll (NULL, 0, (long) (wait < deadline_ms - now ? wait : deadline_ms - now));
        if (!err)
            err = s_look (self, incarnation, &ack, why);
    }
    gradmq_session_go (session);
    return err ? err : s_verdict (&ack, why);
}

static gradmq_err_t
s_add (gradmq_remote_t *self, const gradmq_remote_add_t *add, gradmq_gradient_t *gradient,
       gradmq_buffer_t *payload, gradmq_reason_t *why)
{
    gradmq_request_t request = {
        .command = add->command, .gradient = gradient, .dry_run = add->dry_run};
    gradmq_err_t err = gradmq_remote_expect (self, &request, payload, GRADMQ_ANSWER_ADDED, why);
    if (err || add->dry_run)
        return err;
    if (!self->reply.added.has_ack)
        return gradmq_refuse (why, GRADMQ_ERR_MALFORMED, "%s does not acknowledge the gradient",
                              self->session.control);
    const gradmq_ack_t *ack = &self->reply.added.ack;
    if (add->settled)
        return s_await (self, gradient->incarnation, *ack, why);
    return ack->settled_through ? s_verdict (ack, why) : GRADMQ_OK;
}

static void
s_leave (gradmq_remote_t *self, uint64_t incarnation, uint64_t last)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_LEAVE,
                                .worker = self->session.name,
                                .incarnation = incarnation,
                                .last_sequence = last};
    //  It is dropped when its lease is over where this does not get through.
    const uint32_t usual_ms = self->session.timeout_ms;
    const uint32_t timeout_ms = usual_ms < GRADMQ_LEAVE_MS ? usual_ms : GRADMQ_LEAVE_MS;
    gradmq_err_t err = gradmq_remote_ask (self, &request, NULL, timeout_ms, NULL, NULL);
    (void) err;
}

gradmq_err_t
gradmq_remote_add (gradmq_remote_t *self, const gradmq_remote_add_t *add, gradmq_reason_t *why)
{
    gradmq_err_t err = gradmq_push_check (add->push, why);
    if (err)
        return err;
    gradmq_request_t request = {.command = GRADMQ_COMMAND_JOIN, .worker = self->session.name};
    err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_JOINED, why);
    if (err)
        return err;
    const uint64_t incarnation = self->reply.joined.incarnation;
    const uint64_t layout_id = self->reply.joined.layout_id;
    gradmq_gradient_t gradient;
    gradmq_buffer_t *payload = NULL;
    gradmq_gradient_init (&gradient);
    snprintf (gradient.model, sizeof gradient.model, "%s", self->session.model);
    snprintf (gradient.worker, sizeof gradient.worker, "%s", self->session.name);
    gradient.incarnation = incarnation;
    gradient.sequence = 1;
    gradient.low_water = 1;
    gradient.layout = layout_id;
    err = gradmq_remote_know_layout (self, layout_id, why);
    if (!err)
        err = s_build (self, add->parts, add->count, add->push, &gradient, &payload, why);
    if (!err)
        err = s_say (self, add->push, &gradient, why);
    if (!err) {
        gradient.layout = gradmq_layout_id (self->known.layout);
        err = s_add (self, add, &gradient, payload, why);
    }
    s_leave (self, incarnation, err || add->dry_run ? 0 : 1);
    gradmq_buffer_release (&payload);
    gradmq_gradient_clear (&gradient);
    return err;
}

gradmq_err_t
gradmq_remote_add_gradients (gradmq_remote_t *self, const gradmq_part_info_t *parts, size_t count,
                             const gradmq_push_t *push, bool dry_run, gradmq_reason_t *why)
{
    static const gradmq_push_t plain = {0};
    const gradmq_remote_add_t add = {.command = GRADMQ_COMMAND_ADD_GRADIENTS,
                                     .parts = parts,
                                     .count = count,
                                     .push = push ? push : &plain,
                                     .dry_run = dry_run,
                                     .settled = true};
    return gradmq_remote_add (self, &add, why);
}

void
gradmq_remote_base_on_newest (gradmq_remote_t *self)
{
    self->has_base = self->position.epoch != 0;
    self->base_epoch = self->position.epoch;
    self->base_version = self->position.version;
}
