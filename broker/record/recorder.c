#include "record/recorder.h"

#include "core/bytes.h"
#include "core/random.h"
#include "record/front.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//  A digest each time that the file grew by this many models, and by DIGEST_BYTES.
enum { DIGEST_MODELS = 64, DIGEST_BYTES = 1 << 20 };

struct gradmq_recorder {
    gradmq_record_writer_t *writer;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    const gradmq_model_t *model;
    const gradmq_step_t *step;
    bool members_known;
    size_t members;         //  as the file has them
    size_t faulty;          //  as the file has them; none before it says so
    uint64_t digest_bytes;  //  the file's length at the newest digest
    gradmq_front_t front;
    bool journal;             //  dispositions are gathered, and its end is brought to the disk
    uint64_t mark;            //  what a SYNCED of this file is known by
    gradmq_front_t disposed;  //  those that are not written yet
    uint32_t disposed_count;
};

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a record");
}

//  Append a record that begins with self->front.
static gradmq_err_t
s_write (gradmq_recorder_t *self, gradmq_record_type_t type, const gradmq_payload_t *payload,
         uint64_t *lsn, gradmq_reason_t *reason)
{
    if (self->front.failed)
        return s_no_memory (reason);
    return gradmq_record_write (self->writer, type, self->front.bytes, self->front.size, payload,
                                lsn, reason);
}

//  Bring everything to the disk, and say so behind it. That needs no sync of its own: where a power cut takes
//  it, what it spoke of is whole. Who goes on from this file counts it, and syncs it before.
static gradmq_err_t
s_sync (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    uint64_t through = gradmq_record_writer_records (self->writer);
    gradmq_err_t err = gradmq_record_writer_sync (self->writer, reason);
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, through);
    gradmq_front_u64 (&self->front, self->mark);
    if (!err)
        err = s_write (self, GRADMQ_RECORD_SYNCED, NULL, NULL, reason);
    return err ? err : gradmq_record_writer_flush (self->writer, reason);
}

//  --------------------------------------------------------------------------------------------
//  Settings, model, state

gradmq_err_t
gradmq_recorder_settings (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    const gradmq_settings_t *settings = gradmq_step_settings (self->step);
    gradmq_front_begin (&self->front);
    gradmq_front_settings (&self->front, self->name, settings);
    return s_write (self, GRADMQ_RECORD_SETTINGS, NULL, NULL, reason);
}

gradmq_err_t
gradmq_recorder_loaded (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    gradmq_frame_t frame = {gradmq_snapshot_bytes (gradmq_model_newest (self->model)),
                            (size_t) gradmq_layout_bytes (layout)};
    gradmq_payload_t payload = {&frame, 1, frame.size};
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, gradmq_model_epoch (self->model));
    gradmq_front_u64 (&self->front, gradmq_model_version (self->model));
    gradmq_front_layout (&self->front, self->name, layout);
    return s_write (self, GRADMQ_RECORD_MODEL, &payload, NULL, reason);
}

//  Versions that somebody may state as a base.
static gradmq_err_t
s_write_retained (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    uint64_t newest = gradmq_model_version (self->model);
    uint64_t first = newest > GRADMQ_RETAINED_MAX ? newest - GRADMQ_RETAINED_MAX : 0;
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t version = first; version < newest && !err; version++) {
        const gradmq_snapshot_t *snapshot = gradmq_model_retained (self->model, version);
        if (!snapshot)
            continue;
        gradmq_frame_t frame = {gradmq_snapshot_bytes (snapshot),
                                (size_t) gradmq_layout_bytes (gradmq_model_layout (self->model))};
        gradmq_payload_t payload = {&frame, 1, frame.size};
        gradmq_front_begin (&self->front);
        gradmq_front_u64 (&self->front, version);
        err = s_write (self, GRADMQ_RECORD_BASE, &payload, NULL, reason);
    }
    return err;
}

static gradmq_err_t
s_write_state (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    gradmq_step_state_t state;
    gradmq_err_t err = gradmq_step_export (self->step, &state);
    if (err)
        return s_no_memory (reason);
    gradmq_frame_t frames [GRADMQ_STATES_MAX];
    gradmq_payload_t payload = {frames, state.state_count, 0};
    for (size_t i = 0; i < state.state_count; i++) {
        size_t bytes = (size_t) gradmq_layout_bytes (gradmq_model_layout (self->model));
        frames [i] = (gradmq_frame_t){state.states [i], bytes};
        payload.bytes += bytes;
    }
    gradmq_front_begin (&self->front);
    gradmq_front_state (&self->front, &state);
    err = s_write (self, GRADMQ_RECORD_STATE, &payload, NULL, reason);
    gradmq_step_state_clear (&state);
    return err;
}

//  Settings, model and state as they are now.
static gradmq_err_t
s_write_all (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_recorder_settings (self, reason);
    if (err || !gradmq_model_loaded (self->model))
        return err;
    err = gradmq_recorder_loaded (self, reason);
    if (!err)
        err = s_write_retained (self, reason);
    return err ? err : s_write_state (self, reason);
}

//  A new epoch has begun, so that nothing is retained.
gradmq_err_t
gradmq_recorder_restored (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    const uint64_t settings_model_and_state = 3;
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, settings_model_and_state);
    gradmq_err_t err = s_write (self, GRADMQ_RECORD_TOGETHER, NULL, NULL, reason);
    return err ? err : s_write_all (self, reason);
}

static gradmq_err_t
s_write_workers (gradmq_recorder_t *self, const char *workers, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_put (&self->front, workers, strlen (workers));
    return s_write (self, GRADMQ_RECORD_WORKERS, NULL, NULL, reason);
}

static gradmq_err_t
s_go_on (gradmq_recorder_t *self, const gradmq_continues_t *continues, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_recorder_settings (self, reason);
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, continues->serial);
    gradmq_front_u64 (&self->front, continues->before);
    gradmq_front_u64 (&self->front, continues->records);
    gradmq_front_u64 (&self->front, gradmq_model_epoch (self->model));
    gradmq_front_u64 (&self->front, gradmq_model_version (self->model));
    if (!err)
        err = s_write (self, GRADMQ_RECORD_CONTINUES, NULL, NULL, reason);
    if (!err)
        err = s_write_workers (self, continues->workers, reason);
    return err ? err : gradmq_recorder_running (self, continues->running, reason);
}

//  A recording, or with `continues` a journal.
static gradmq_err_t
s_open (gradmq_recorder_t **self_p, const char *path, const char *name, const gradmq_model_t *model,
        const gradmq_step_t *step, const gradmq_continues_t *continues, gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_recorder_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (reason);
    strncpy (self->name, name, sizeof self->name - 1);
    self->model = model;
    self->step = step;
    gradmq_err_t err = gradmq_record_writer_open (&self->writer, path, reason);
    self->journal = continues != NULL;
    self->mark = gradmq_random_u64 ();
    if (!err && self->journal)
        gradmq_record_writer_early (self->writer);
    if (!err)
        err = continues ? s_go_on (self, continues, reason) : s_write_all (self, reason);
    if (!err)
        err = continues ? s_sync (self, reason) : gradmq_record_writer_flush (self->writer, reason);
    if (err) {
        bool made = self->writer != NULL;
        gradmq_recorder_abandon (&self);
        if (made)
            unlink (path);
    }
    *self_p = self;
    return err;
}

gradmq_err_t
gradmq_recorder_open (gradmq_recorder_t **self_p, const char *path, const char *name,
                      const gradmq_model_t *model, const gradmq_step_t *step,
                      gradmq_reason_t *reason)
{
    return s_open (self_p, path, name, model, step, NULL, reason);
}

gradmq_err_t
gradmq_recorder_continue (gradmq_recorder_t **self_p, const char *path, const char *name,
                          const gradmq_model_t *model, const gradmq_step_t *step,
                          const gradmq_continues_t *continues, gradmq_reason_t *reason)
{
    return s_open (self_p, path, name, model, step, continues, reason);
}

//  --------------------------------------------------------------------------------------------
//  Steps

gradmq_err_t
gradmq_recorder_epoch (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, gradmq_model_epoch (self->model));
    return s_write (self, GRADMQ_RECORD_EPOCH, NULL, NULL, reason);
}

//  Members come and go often, and a step needs their number only.
static gradmq_err_t
s_write_members (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    size_t members = gradmq_step_members (self->step);
    if (self->members_known && self->members == members)
        return GRADMQ_OK;
    self->members_known = true;
    self->members = members;
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, members);
    return s_write (self, GRADMQ_RECORD_MEMBERS, NULL, NULL, reason);
}

//  A step of which nobody was faulty is the usual one.
static gradmq_err_t
s_write_faulty (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    size_t faulty = gradmq_step_faulty (self->step);
    if (self->faulty == faulty)
        return GRADMQ_OK;
    self->faulty = faulty;
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, faulty);
    return s_write (self, GRADMQ_RECORD_FAULTY, NULL, NULL, reason);
}

gradmq_err_t
gradmq_recorder_gradient (gradmq_recorder_t *self, const gradmq_gradient_t *gradient,
                          uint64_t version, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_write_members (self, reason);
    if (err)
        return err;
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, version);
    gradmq_front_gradient (&self->front, self->name, gradient);
    return s_write (self, GRADMQ_RECORD_GRADIENT, &gradient->payload, NULL, reason);
}

gradmq_err_t
gradmq_recorder_contribution (gradmq_recorder_t *self, const gradmq_gradient_t *gradient,
                              uint64_t *lsn, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_gradient (&self->front, self->name, gradient);
    return s_write (self, GRADMQ_RECORD_CONTRIBUTION, &gradient->payload, lsn, reason);
}

gradmq_err_t
gradmq_recorder_step (gradmq_recorder_t *self, const uint64_t *lsns, size_t count,
                      gradmq_reason_t *reason)
{
    gradmq_err_t err = s_write_members (self, reason);
    if (!err)
        err = s_write_faulty (self, reason);
    if (err)
        return err;
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, gradmq_model_version (self->model));
    gradmq_front_u32 (&self->front, (uint32_t) count);
    for (size_t i = 0; i < count; i++)
        gradmq_front_u64 (&self->front, lsns [i]);
    return s_write (self, GRADMQ_RECORD_STEP, NULL, NULL, reason);
}

gradmq_err_t
gradmq_recorder_drop (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    return s_write (self, GRADMQ_RECORD_DROP, NULL, NULL, reason);
}

//  --------------------------------------------------------------------------------------------
//  What only a journal has

gradmq_err_t
gradmq_recorder_running (gradmq_recorder_t *self, bool running, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, running);
    return s_write (self, GRADMQ_RECORD_RUNNING, NULL, NULL, reason);
}

//  The worker's name is behind the numbers.
static gradmq_err_t
s_write_named (gradmq_recorder_t *self, gradmq_record_type_t type, const char *worker,
               gradmq_reason_t *reason)
{
    gradmq_front_put (&self->front, worker, strlen (worker));
    return s_write (self, type, NULL, NULL, reason);
}

gradmq_err_t
gradmq_recorder_joined (gradmq_recorder_t *self, const char *worker, uint64_t incarnation,
                        uint64_t next, gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, incarnation);
    gradmq_front_u64 (&self->front, next);
    return s_write_named (self, GRADMQ_RECORD_JOINED, worker, reason);
}

gradmq_err_t
gradmq_recorder_gone (gradmq_recorder_t *self, const char *worker, uint64_t incarnation,
                      gradmq_reason_t *reason)
{
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, incarnation);
    return s_write_named (self, GRADMQ_RECORD_GONE, worker, reason);
}

void
gradmq_recorder_disposed (gradmq_recorder_t *self, const char *worker, uint64_t incarnation,
                          uint64_t sequence, uint32_t disposition, uint32_t code)
{
    gradmq_front_t *rows = &self->disposed;
    if (self->disposed_count++ == 0)
        gradmq_front_begin (rows);
    gradmq_front_u64 (rows, incarnation);
    gradmq_front_u64 (rows, sequence);
    gradmq_front_u32 (rows, disposition);
    gradmq_front_u32 (rows, code);
    gradmq_front_u32 (rows, (uint32_t) strlen (worker));
    gradmq_front_put (rows, worker, strlen (worker));
}

static gradmq_err_t
s_write_disposed (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    if (!self->disposed_count)
        return GRADMQ_OK;
    if (self->disposed.failed)
        return s_no_memory (reason);
    gradmq_frame_t rows = {self->disposed.bytes, self->disposed.size};
    gradmq_payload_t payload = {&rows, 1, rows.size};
    gradmq_front_begin (&self->front);
    gradmq_front_u32 (&self->front, self->disposed_count);
    self->disposed_count = 0;
    return s_write (self, GRADMQ_RECORD_DISPOSED, &payload, NULL, reason);
}

gradmq_err_t
gradmq_recorder_commit (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_write_disposed (self, reason);
    return err ? err : s_sync (self, reason);
}

uint64_t
gradmq_recorder_bytes (const gradmq_recorder_t *self)
{
    return gradmq_record_writer_bytes (self->writer);
}

uint64_t
gradmq_recorder_records (const gradmq_recorder_t *self)
{
    return gradmq_record_writer_records (self->writer);
}

//  --------------------------------------------------------------------------------------------
//  Digests and the end

static gradmq_err_t
s_write_digest (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    uint8_t digest [GRADMQ_SHA256_BYTES];
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    if (!layout)
        return GRADMQ_OK;
    gradmq_sha256 (gradmq_snapshot_bytes (gradmq_model_newest (self->model)),
                   (size_t) gradmq_layout_bytes (layout), digest);
    gradmq_front_begin (&self->front);
    gradmq_front_u64 (&self->front, gradmq_model_epoch (self->model));
    gradmq_front_u64 (&self->front, gradmq_model_version (self->model));
    gradmq_front_put (&self->front, digest, sizeof digest);
    self->digest_bytes = gradmq_record_writer_bytes (self->writer);
    return s_write (self, GRADMQ_RECORD_DIGEST, NULL, NULL, reason);
}

gradmq_err_t
gradmq_recorder_check (gradmq_recorder_t *self, gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    uint64_t grown = gradmq_record_writer_bytes (self->writer) - self->digest_bytes;
    if (!layout || grown < DIGEST_BYTES
        || (grown - DIGEST_BYTES) / DIGEST_MODELS < gradmq_layout_bytes (layout))
        return GRADMQ_OK;
    return s_write_digest (self, reason);
}

gradmq_err_t
gradmq_recorder_close (gradmq_recorder_t **self_p, uint64_t *records, uint64_t *bytes,
                       gradmq_reason_t *reason)
{
    gradmq_recorder_t *self = *self_p;
    if (!self)
        return GRADMQ_OK;
    gradmq_err_t err = s_write_disposed (self, reason);
    //  Journals end often, and a digest of all parameters takes its time.
    if (!err && !self->journal)
        err = s_write_digest (self, reason);
    gradmq_front_begin (&self->front);
    if (!err)
        err = s_write (self, GRADMQ_RECORD_END, NULL, NULL, reason);
    if (!err && self->journal)
        err = gradmq_record_writer_sync (self->writer, reason);
    if (records)
        *records = gradmq_record_writer_records (self->writer);
    if (bytes)
        *bytes = gradmq_record_writer_bytes (self->writer);
    if (!err)
        err = gradmq_record_writer_close (&self->writer, reason);
    gradmq_recorder_abandon (self_p);
    return err;
}

void
gradmq_recorder_abandon (gradmq_recorder_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_recorder_t *self = *self_p;
    *self_p = NULL;
    //  What could not be written was told already.
    gradmq_err_t err = gradmq_record_writer_close (&self->writer, NULL);
    (void) err;
    gradmq_front_free (&self->front);
    gradmq_front_free (&self->disposed);
    free (self);
}
