#include "coordinator/publisher.h"

#include "coordinator/frames.h"
#include "coordinator/reports.h"
#include "core/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 8, TOPIC_BYTES = 256 };

//  A published stream.
typedef struct {
    const gradmq_form_t *form;
    uint64_t sequence;
    bool has_previous;
    uint64_t previous_epoch, previous_version;
} gradmq_published_t;

struct gradmq_publisher {
    void *updates, *events;  //  ZeroMQ sockets, borrowed
    bool fixed_hwm;
    int hwm;  //  of updates, as it was set last
    gradmq_streams_t *streams;
    gradmq_published_t published [STREAMS_MAX];  //  those there were; by row of the forms
    bool on [STREAMS_MAX];
    uint64_t last_epoch, last_version, last_ms;
    uint64_t reported_ms;
};

gradmq_publisher_t *
gradmq_publisher_new (void *updates, void *events, bool fixed_hwm)
{
    gradmq_publisher_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->updates = updates;
    self->events = events;
    self->fixed_hwm = fixed_hwm;
    self->streams = gradmq_streams_new ();
    if (!self->streams)
        gradmq_publisher_destroy (&self);
    return self;
}

void
gradmq_publisher_destroy (gradmq_publisher_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_streams_destroy (&(*self_p)->streams);
    free (*self_p);
    *self_p = NULL;
}

gradmq_streams_t *
gradmq_publisher_streams (gradmq_publisher_t *self)
{
    return self->streams;
}

//  --------------------------------------------------------------------------------------------
//  Updates

//  True when `name` is one of the names in `list`, commas between.
static bool
s_listed (const char *list, const char *name)
{
    size_t length = strlen (name);
    while (*list) {
        list += strspn (list, ", ");
        size_t size = strcspn (list, ", ");
        if (size == length && strncmp (list, name, size) == 0)
            return true;
        list += size;
    }
    return false;
}

//  Let the socket learn how far its subscribers have read. It looks at most once a millisecond of its
//  own accord, and until then drops what exceeds the high-water mark.
static void
s_look_at_readers (void *socket)
{
    int events;
    size_t size = sizeof events;
    zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size);
}

//  Let the high-water mark follow the size of the model; libzmq applies it to open connections too. It
//  does so to those that are ending and even gone, which has ended the process: only where it must.
static void
s_set_hwm (gradmq_publisher_t *self, const gradmq_engine_t *engine)
{
    if (!self->updates || self->fixed_hwm)
        return;
    uint64_t half = gradmq_engine_pinned_most (engine) / 2;
    int hwm = half > 2 ? (int) half : 2;
    if (hwm == self->hwm)
        return;
    self->hwm = hwm;
    s_look_at_readers (self->updates);
    zmq_setsockopt (self->updates, ZMQ_SNDHWM, &hwm, sizeof hwm);
}

void
gradmq_publisher_move (gradmq_publisher_t *self, const gradmq_engine_t *engine, void *updates,
                       void *events)
{
    self->updates = updates;
    self->events = events;
    self->hwm = 0;
    s_set_hwm (self, engine);
}

void
gradmq_publisher_changed (gradmq_publisher_t *self, gradmq_engine_t *engine)
{
    gradmq_layout_t *layout = gradmq_model_layout (engine->model);
    gradmq_streams_forget (self->streams);
    s_set_hwm (self, engine);
    const gradmq_form_t *form;
    for (size_t i = 0; i < STREAMS_MAX && (form = gradmq_form_at (i)); i++) {
        const char *list = engine->settings.streams;
        bool native = layout && gradmq_form_native (form, layout);
        self->published [i].form = form;
        self->on [i] = list [0] ? s_listed (list, form->name) : native;
    }
}

bool
gradmq_publisher_publishes (const gradmq_publisher_t *self, const gradmq_form_t *form)
{
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (self->on [i] && self->published [i].form == form)
            return true;
    return false;
}

uint64_t
gradmq_publisher_sequence (const gradmq_publisher_t *self, const char *stream)
{
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (self->published [i].form && strcmp (self->published [i].form->name, stream) == 0)
            return self->published [i].sequence;
    return 0;
}

static void
s_send_update (gradmq_publisher_t *self, const gradmq_engine_t *engine, gradmq_published_t *stream,
               gradmq_image_t *image)
{
    gradmq_update_t update = {
        .model = engine->name,
        .stream = stream->form->name,
        .position = gradmq_engine_position (engine),
        .stream_sequence = stream->sequence + 1,
        .has_previous = stream->has_previous,
        .previous_epoch = stream->previous_epoch,
        .previous_version = stream->previous_version,
        .layout_id = gradmq_layout_id (gradmq_model_layout (engine->model)),
        .dtype = stream->form->dtype,
        .encoding = stream->form->encoding,
        .bytes = gradmq_image_size (image),
        .learning_rate = engine->report.learning_rate,
        .settings_revision = engine->revision,
    };
    void *header;
    size_t size;
    if (gradmq_wire_encode_update (&update, &header, &size))
        return;
    char topic [TOPIC_BYTES];
    int length = snprintf (topic, sizeof topic, "params/%s/%s/", engine->name, stream->form->name);
    //  A message that was begun is ended: what follows would become part of it.
    if (gradmq_send_copy (self->updates, topic, (size_t) length, true)
        && !(gradmq_send_copy (self->updates, header, size, true)
             && gradmq_send_image (self->updates, image)))
        gradmq_send_copy (self->updates, "", 0, false);
    free (header);
    stream->sequence++;
    stream->has_previous = true;
    stream->previous_epoch = update.position.epoch;
    stream->previous_version = update.position.version;
}

static void s_announce (gradmq_publisher_t *self, const gradmq_engine_t *engine);

static void
s_publish (gradmq_publisher_t *self, gradmq_engine_t *engine)
{
    s_look_at_readers (self->updates);
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        gradmq_image_t *image;
        if (!self->on [i])
            continue;
        if (gradmq_streams_image (self->streams, engine->model, self->published [i].form, &image)) {
            gradmq_count (&engine->counters, GRADMQ_COUNTER_updates_left_out, 1);
            continue;
        }
        s_send_update (self, engine, &self->published [i], image);
        gradmq_image_release (&image);
        gradmq_count (&engine->counters, GRADMQ_COUNTER_updates_published, 1);
    }
    s_announce (self, engine);
}

static uint64_t
s_now_ms (const gradmq_engine_t *engine)
{
    return gradmq_clock_ms (&engine->clock);
}

//  True when enough versions were made since the last publication.
static bool
s_wanted (const gradmq_publisher_t *self, const gradmq_engine_t *engine)
{
    uint64_t version = gradmq_model_version (engine->model);
    if (gradmq_model_epoch (engine->model) != self->last_epoch)
        return true;
    return version >= self->last_version + engine->settings.publish_every;
}

uint64_t
gradmq_publisher_due_ms (const gradmq_publisher_t *self, const gradmq_engine_t *engine)
{
    if (!gradmq_model_loaded (engine->model) || !s_wanted (self, engine))
        return UINT64_MAX;
    uint64_t due = self->last_ms + engine->settings.publish_min_interval_ms;
    uint64_t now = s_now_ms (engine);
    return due > now ? due - now : 0;
}

void
gradmq_publisher_update (gradmq_publisher_t *self, gradmq_engine_t *engine, bool must)
{
    if (!self->updates || !gradmq_model_loaded (engine->model))
        return;
    if (!must && gradmq_publisher_due_ms (self, engine) != 0)
        return;
    self->last_epoch = gradmq_model_epoch (engine->model);
    self->last_version = gradmq_model_version (engine->model);
    self->last_ms = s_now_ms (engine);
    engine->update_left_out = gradmq_engine_pinned_full (engine);
    if (engine->update_left_out) {
        gradmq_count (&engine->counters, GRADMQ_COUNTER_updates_left_out, 1);
        return;
    }
    s_publish (self, engine);
}

//  --------------------------------------------------------------------------------------------
//  Events

static void
s_send_event (void *socket, const char *topic, const gradmq_event_t *event)
{
    void *header;
    size_t size;
    if (!socket || gradmq_wire_encode_event (event, &header, &size))
        return;
    if (gradmq_send_copy (socket, topic, strlen (topic), true)
        && !gradmq_send_copy (socket, header, size, false))
        gradmq_send_copy (socket, "", 0, false);
    free (header);
}

static gradmq_event_t
s_event (const gradmq_engine_t *engine, gradmq_event_kind_t kind)
{
    return (gradmq_event_t){
        .kind = kind, .model = engine->name, .position = gradmq_engine_position (engine)};
}

static void
s_announce (gradmq_publisher_t *self, const gradmq_engine_t *engine)
{
    char topic [TOPIC_BYTES];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_ANNOUNCEMENT);
    snprintf (topic, sizeof topic, "announce/%s/", engine->name);
    s_send_event (self->events, topic, &event);
}

static void
s_ack (gradmq_publisher_t *self, const gradmq_engine_t *engine, const gradmq_member_t *member)
{
    char topic [TOPIC_BYTES];
    gradmq_range_t missing [GRADMQ_MISSING_RANGES_TOLD_MAX];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_ACKNOWLEDGEMENT);
    gradmq_engine_ack (engine, member, missing, &event.ack);
    snprintf (topic, sizeof topic, "ack/%s/%s/", engine->name, member->name);
    s_send_event (self->events, topic, &event);
}

void
gradmq_publisher_acks (gradmq_publisher_t *self, gradmq_engine_t *engine, bool open)
{
    for (size_t i = 0; i < engine->news_count; i++) {
        engine->news [i]->news = false;
        s_ack (self, engine, engine->news [i]);
    }
    engine->news_count = 0;
    if (!open)
        return;
    for (gradmq_member_t *m = gradmq_members_next (engine->members, NULL); m;
         m = gradmq_members_next (engine->members, m))
        if (engine->credit_fell || gradmq_window_open (&m->window))
            s_ack (self, engine, m);
    engine->credit_fell = false;
}

void
gradmq_publisher_heartbeat (gradmq_publisher_t *self, const gradmq_engine_t *engine)
{
    char topic [TOPIC_BYTES], why [GRADMQ_REASON_BYTES];
    const char *names [GRADMQ_WAITING_TOLD_MAX];
    size_t told, total = gradmq_sync_waiting (&engine->sync, names, &told);
    uint64_t left = gradmq_engine_time_left_ms (engine);
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_HEARTBEAT);
    event.heartbeat = (gradmq_heartbeat_t){
        .state = engine->state,
        .why = gradmq_engine_why (engine, why, sizeof why),
        .durability = engine->settings.durability,
        .queued = gradmq_engine_kept (engine),
        .settings_revision = engine->revision,
        .heartbeat_ms = engine->heartbeat_ms,
        .members = (uint32_t) gradmq_members_count (engine->members),
        .round = engine->sync.round,
        .min_clock = engine->sync.min_clock,
        .deadline_ms = left,
        .has_deadline = left != UINT64_MAX,
        .waiting_for = {names, told},
        .waiting_total = (uint32_t) total,
    };
    snprintf (topic, sizeof topic, "event/%s/all/", engine->name);
    s_send_event (self->events, topic, &event);
}

void
gradmq_publisher_notice (gradmq_publisher_t *self, const gradmq_engine_t *engine,
                         const gradmq_notice_args_t *args)
{
    char topic [TOPIC_BYTES];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_NOTICE);
    event.notice = (gradmq_notice_body_t){
        .notice = args->notice,
        .code = args->code,
        .message = args->message,
        .worker = args->member ? args->member->name : NULL,
        .incarnation = args->member ? args->member->incarnation : 0,
        .sequence = args->sequence,
        .operation = args->operation,
        .count = args->count,
        .settings_revision = engine->revision,
    };
    if (args->member) {
        snprintf (topic, sizeof topic, "event/%s/w/%s/", engine->name, args->member->name);
        s_send_event (self->events, topic, &event);
    }
    if (args->member && !args->to_all)
        return;
    snprintf (topic, sizeof topic, "event/%s/all/", engine->name);
    s_send_event (self->events, topic, &event);
}

void
gradmq_publisher_malformed (gradmq_publisher_t *self, const gradmq_engine_t *engine,
                            gradmq_err_t code, const char *message, const char *peer)
{
    char topic [TOPIC_BYTES];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_MALFORMED);
    event.malformed = (gradmq_malformed_t){
        .peer_address = peer,
        .message = message,
        .code = code,
        .count = engine->counters.value [GRADMQ_COUNTER_malformed],
    };
    snprintf (topic, sizeof topic, "malformed/%s/", engine->name);
    s_send_event (self->events, topic, &event);
}

void
gradmq_publisher_sync (gradmq_publisher_t *self, const gradmq_engine_t *engine, uint64_t nonce)
{
    char topic [TOPIC_BYTES];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_SYNC);
    event.nonce = nonce;
    snprintf (topic, sizeof topic, "sync/%016" PRIx64 "/", nonce);
    if (self->updates)
        s_look_at_readers (self->updates);
    s_send_event (self->updates, topic, &event);
    s_send_event (self->events, topic, &event);
}

//  The metrics that were reported since the last report; their counting begins anew.
static size_t
s_collect_metrics (gradmq_engine_t *engine, gradmq_step_metric_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->metric_count; i++) {
        gradmq_metric_sum_t *sum = &engine->metrics [i];
        if (!sum->count)
            continue;
        list [count++] = (gradmq_step_metric_t){.name = sum->name,
                                                .mean = sum->weighted_sum / sum->weight,
                                                .minimum = sum->minimum,
                                                .maximum = sum->maximum,
                                                .count = sum->count};
        sum->count = 0;
    }
    return count;
}

void
gradmq_publisher_report (gradmq_publisher_t *self, gradmq_engine_t *engine)
{
    uint64_t now = s_now_ms (engine);
    if (!engine->report_steps || now - self->reported_ms < GRADMQ_REPORT_MS)
        return;
    self->reported_ms = now;
    gradmq_step_metric_t metrics [GRADMQ_METRIC_NAMES_MAX];
    char topic [TOPIC_BYTES];
    gradmq_event_t event = s_event (engine, GRADMQ_EVENT_STEP);
    event.step = (gradmq_step_body_t){
        .steps = engine->report_steps,
        .learning_rate = engine->report.learning_rate,
        .has_gradient_norm = isfinite (engine->report.gradient_norm),
        .gradient_norm = engine->report.gradient_norm,
        .has_update_norm = isfinite (engine->report.update_norm),
        .update_norm = engine->report.update_norm,
        .has_staleness = engine->staleness_count > 0,
        .staleness_mean =
            engine->staleness_count ? engine->staleness_sum / (double) engine->staleness_count : 0,
        .staleness_maximum = engine->staleness_maximum,
        .metrics = metrics,
        .metric_count = s_collect_metrics (engine, metrics),
    };
    snprintf (topic, sizeof topic, "event/%s/all/", engine->name);
    s_send_event (self->events, topic, &event);
    gradmq_reports_add (engine->reports, &event);
    engine->report_steps = 0;
    engine->report.gradient_norm = engine->report.update_norm = NAN;
    engine->staleness_sum = 0;
    engine->staleness_count = engine->staleness_maximum = 0;
}
