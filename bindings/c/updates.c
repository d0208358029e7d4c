#include "worker.h"

#include <string.h>

#define UPDATES_MOST 100000

void
gradmq_stream_marked (gradmq_worker_t *self, uint64_t nonce, bool updates)
{
    if (nonce == 0 || nonce != self->stream.nonce)
        return;
    if (updates)
        self->stream.marked_updates = true;
    else
        self->stream.marked_events = true;
}

static void
s_mark (gradmq_worker_t *self, gradmq_frames_t *frames)
{
    gradmq_event_t event;
    if (gradmq_wire_decode_event (&event, gradmq_frames_data (frames, 1),
                                  gradmq_frames_size (frames, 1), NULL))
        return;
    if (event.kind == GRADMQ_EVENT_SYNC)
        gradmq_stream_marked (self, event.nonce, true);
    gradmq_event_clear (&event);
}

//  Rule U-2. Every update is a whole model, so that the one which shows a gap also closes it.
static void
s_count (gradmq_stream_t *stream, const gradmq_update_t *update)
{
    stream->updates++;
    if (stream->published && update->has_previous
        && (update->previous_epoch != stream->published_epoch
            || update->previous_version != stream->published_version))
        stream->gaps++;
    stream->published = true;
    stream->published_epoch = update->position.epoch;
    stream->published_version = update->position.version;
}

static void
s_take_update (gradmq_worker_t *self, const gradmq_update_t *update)
{
    gradmq_stream_t *stream = &self->stream;
    const gradmq_position_t *position = &update->position;
    gradmq_worker_position (self, position);
    if (position->instance != self->instance)
        return;
    s_count (stream, update);
    bool newer =
        stream->buffer == NULL
        || gradmq_newer (position->epoch, position->version, stream->epoch, stream->version);
    if (stream->pending)
        newer = gradmq_newer (position->epoch, position->version, stream->update.epoch,
                              stream->update.version);
    if (!newer)
        return;
    stream->pending = true;
    stream->update = (gradmq_described_t){.epoch = position->epoch,
                                          .version = position->version,
                                          .layout_id = update->layout_id,
                                          .dtype = update->dtype,
                                          .encoding = update->encoding};
    gradmq_frames_swap (&stream->newest, &stream->spare);
}

void
gradmq_stream_read (gradmq_worker_t *self)
{
    gradmq_frames_t *frames = &self->stream.spare;
    if (self->updates == NULL)
        return;
    for (int i = 0; i < UPDATES_MOST && gradmq_inlet_receive (&self->from_updates, frames); i++) {
        if (frames->count < 2)
            continue;
        size_t size = gradmq_frames_size (frames, 0);
        if (size >= 5 && memcmp (gradmq_frames_data (frames, 0), "sync/", 5) == 0) {
            s_mark (self, frames);
            continue;
        }
        gradmq_update_t update;
        if (gradmq_wire_decode_update (&update, gradmq_frames_data (frames, 1),
                                       gradmq_frames_size (frames, 1), NULL))
            continue;
        gradmq_worker_heard (self);
        s_take_update (self, &update);
        gradmq_update_clear (&update);
    }
    gradmq_frames_clear (frames);
}

void
gradmq_stream_close (gradmq_worker_t *self)
{
    gradmq_stream_t *stream = &self->stream;
    gradmq_frames_free (&stream->newest);
    gradmq_frames_free (&stream->spare);
    gradmq_buffer_release (&stream->buffer);
}
