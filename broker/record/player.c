#include "record/playing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static gradmq_err_t
s_refuse (gradmq_reason_t *reason, const char *what)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%s", what);
}

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

static uint64_t
s_no_time (void *context)
{
    (void) context;
    return 0;
}

//  Takes the reader, also on error. Model and step stay the caller's on error.
static gradmq_err_t
s_open (gradmq_player_t **self_p, gradmq_record_reader_t **reader_p, gradmq_model_t *model,
        gradmq_step_t *step, bool borrows, gradmq_reason_t *reason)
{
    gradmq_player_t *self = calloc (1, sizeof *self);
    *self_p = self;
    if (!self) {
        gradmq_record_reader_close (reader_p);
        return s_no_memory (reason);
    }
    self->reader = *reader_p;
    *reader_p = NULL;
    self->model = model;
    self->step = step;
    self->borrows = borrows;
    self->open = calloc (GRADMQ_CONTRIBUTIONS_MAX, sizeof (gradmq_played_contribution_t *));
    if (self->model && self->step && self->open)
        return GRADMQ_OK;
    (*self_p)->borrows = true;
    gradmq_player_close (self_p);
    return s_no_memory (reason);
}

gradmq_err_t
gradmq_player_open (gradmq_player_t **self_p, gradmq_record_reader_t **reader_p,
                    gradmq_reason_t *reason)
{
    gradmq_clock_t clock = {.monotonic_us = s_no_time, .unix_us = s_no_time};
    gradmq_model_t *model = gradmq_model_new (clock);
    gradmq_step_t *step = gradmq_step_new ();
    gradmq_err_t err = s_open (self_p, reader_p, model, step, false, reason);
    if (err) {
        gradmq_step_destroy (&step);
        gradmq_model_destroy (&model);
    }
    return err;
}

gradmq_err_t
gradmq_player_open_for (gradmq_player_t **self_p, gradmq_record_reader_t **reader_p,
                        gradmq_model_t *model, gradmq_step_t *step, const gradmq_watcher_t *watcher,
                        gradmq_reason_t *reason)
{
    gradmq_err_t err = s_open (self_p, reader_p, model, step, true, reason);
    if (!err)
        (*self_p)->watcher = *watcher;
    return err;
}

void
gradmq_player_next (gradmq_player_t *self, gradmq_record_reader_t **reader_p)
{
    gradmq_player_drop_open (self);
    gradmq_record_reader_close (&self->reader);
    self->reader = *reader_p;
    *reader_p = NULL;
    self->played.ended = false;
    self->played.records = 0;
}

void
gradmq_player_close (gradmq_player_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_player_t *self = *self_p;
    *self_p = NULL;
    gradmq_player_drop_open (self);
    free (self->open);
    if (!self->borrows) {
        gradmq_step_destroy (&self->step);
        gradmq_model_destroy (&self->model);
    }
    gradmq_record_reader_close (&self->reader);
    free (self);
}

//  --------------------------------------------------------------------------------------------
//  Settings, model, state

static gradmq_err_t
s_settings (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_body_settings (body, &self->settings, self->played.name, reason);
    if (!err)
        err = gradmq_step_set (self->step, &self->settings, gradmq_model_layout (self->model),
                               reason);
    if (err)
        return err;
    self->set = true;
    self->played.settings++;
    const gradmq_policy_t *policy = gradmq_policy_find (self->settings.policy);
    bool merges = gradmq_policy_takes (policy, GRADMQ_KIND_MODEL_PARAMETERS);
    gradmq_model_retain (self->model, merges ? (size_t) self->settings.pinned_snapshots : 0);
    return GRADMQ_OK;
}

//  A new epoch begins, in which nothing is open.
static void
s_place (gradmq_player_t *self, uint64_t epoch, uint64_t version)
{
    gradmq_player_drop_open (self);
    gradmq_model_place (self->model, epoch, version);
}

static gradmq_err_t
s_load (gradmq_player_t *self, const gradmq_model_body_t *body, gradmq_reason_t *reason)
{
    gradmq_payload_t payload = {&body->payload, 1, body->payload.size};
    const gradmq_dtype_t *dtype = gradmq_layout_dtype (body->layout);
    gradmq_err_t err = gradmq_payload_check_dense (&payload, body->layout, dtype, reason);
    if (!err)
        err = gradmq_step_prepare (self->step, body->layout, reason);
    if (!err)
        err = gradmq_model_load (self->model, body->layout, dtype, &payload, reason);
    if (err)
        return err;
    gradmq_step_reset (self->step);
    s_place (self, body->epoch, body->version);
    return GRADMQ_OK;
}

static gradmq_err_t
s_model (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_model_body_t model;
    bool first = !gradmq_model_loaded (self->model);
    gradmq_err_t err = gradmq_body_model (body, &model, reason);
    if (!err)
        err = s_load (self, &model, reason);
    gradmq_layout_release (&model.layout);
    if (!err && first) {
        self->played.first_epoch = model.epoch;
        self->played.first_version = model.version;
    }
    return err;
}

static gradmq_err_t
s_base (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_model_body_t base;
    gradmq_err_t err = gradmq_body_base (body, &base, reason);
    gradmq_payload_t payload = {&base.payload, 1, base.payload.size};
    return err ? err : gradmq_model_keep (self->model, base.version, &payload, reason);
}

static gradmq_err_t
s_state (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_step_state_t state;
    gradmq_err_t err = gradmq_body_state (body, gradmq_model_layout (self->model), &state, reason);
    if (!err)
        err = gradmq_step_import (self->step, &state, reason);
    gradmq_step_state_clear (&state);
    return err;
}

static gradmq_err_t
s_epoch (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    uint64_t epoch;
    gradmq_err_t err = gradmq_body_number (body, &epoch, reason);
    if (!err)
        err = gradmq_model_new_epoch (self->model);
    if (!err)
        s_place (self, epoch, 0);
    return err;
}

static gradmq_err_t
s_members (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    uint64_t members;
    gradmq_err_t err = gradmq_body_number (body, &members, reason);
    if (!err)
        gradmq_step_set_members (self->step, (size_t) members);
    return err;
}

static gradmq_err_t
s_faulty (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    uint64_t faulty = 0;
    gradmq_err_t err = gradmq_body_number (body, &faulty, reason);
    gradmq_step_set_faulty (self->step, (size_t) faulty);
    return err;
}

//  The reader sees to it that they are there.
static gradmq_err_t
s_together (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    (void) self;
    uint64_t count = 0;
    gradmq_err_t err = gradmq_body_number (body, &count, reason);
    if (!err && count > GRADMQ_RECORDS_TOGETHER)
        err = s_refuse (reason, "so many records do not belong together");
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Between steps

static gradmq_err_t
s_drop (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_body_nothing (body, reason);
    gradmq_player_drop_open (self);
    return err;
}

static gradmq_err_t
s_digest (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_digest_body_t digest;
    uint8_t here [GRADMQ_SHA256_BYTES];
    gradmq_err_t err = gradmq_body_digest (body, &digest, reason);
    if (err)
        return err;
    uint64_t epoch = gradmq_model_epoch (self->model);
    uint64_t version = gradmq_model_version (self->model);
    if (digest.epoch != epoch || digest.version != version)
        return gradmq_refuse (reason, GRADMQ_ERR_DIFFERS,
                              "the recording is at epoch %" PRIu64 ", version %" PRIu64
                              " here and the replay at epoch %" PRIu64 ", version %" PRIu64,
                              digest.epoch, digest.version, epoch, version);
    gradmq_player_digest (self, here);
    if (memcmp (here, digest.digest, sizeof here) != 0)
        return gradmq_refuse (
            reason, GRADMQ_ERR_DIFFERS,
            "the parameters of version %" PRIu64 " are not those of the recording", version);
    self->played.digests++;
    return GRADMQ_OK;
}

static gradmq_err_t
s_end (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_body_nothing (body, reason);
    self->played.ended = !err;
    return err;
}

//  --------------------------------------------------------------------------------------------
//  What only a journal has

static gradmq_err_t
s_continues (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    gradmq_continues_body_t from;
    gradmq_err_t err = gradmq_body_continues (body, &from, reason);
    if (err)
        return err;
    uint64_t epoch = gradmq_model_epoch (self->model);
    uint64_t version = gradmq_model_version (self->model);
    gradmq_step_set_faulty (self->step, 0);
    if (from.epoch && !gradmq_model_loaded (self->model))
        return s_refuse (reason, "it goes on from a model that is not in this file: this is a "
                                 "journal, which gradmqd plays behind its checkpoint");
    if (from.epoch == epoch && from.version == version)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_DIFFERS,
                          "it goes on from epoch %" PRIu64 ", version %" PRIu64
                          ", and the model is at epoch %" PRIu64 ", version %" PRIu64,
                          from.epoch, from.version, epoch, version);
}

static gradmq_err_t
s_tell (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    const gradmq_watcher_t *watcher = self->borrows ? &self->watcher : NULL;
    return gradmq_journal_tell (watcher, self->type, body, reason);
}

static gradmq_err_t
s_synced (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason)
{
    uint64_t through, mark;
    if (!gradmq_cursor_u64 (&body, &through) || !gradmq_cursor_u64 (&body, &mark)
        || gradmq_cursor_left (&body))
        return s_refuse (reason, "its body is not two numbers");
    if (through >= self->played.records)
        return s_refuse (reason, "it says of records behind it that they are on the disk");
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Playing

//  What a record does, and what has to be known before it.
static const struct {
    gradmq_err_t (*play) (gradmq_player_t *self, gradmq_cursor_t body, gradmq_reason_t *reason);
    bool needs_settings, needs_model;
} s_types [] = {
    [GRADMQ_RECORD_SETTINGS] = {s_settings, false, false},
    [GRADMQ_RECORD_MODEL] = {s_model, true, false},
    [GRADMQ_RECORD_BASE] = {s_base, true, true},
    [GRADMQ_RECORD_STATE] = {s_state, true, true},
    [GRADMQ_RECORD_EPOCH] = {s_epoch, true, true},
    [GRADMQ_RECORD_MEMBERS] = {s_members, true, false},
    [GRADMQ_RECORD_GRADIENT] = {gradmq_player_gradient, true, true},
    [GRADMQ_RECORD_CONTRIBUTION] = {gradmq_player_contribution, true, true},
    [GRADMQ_RECORD_STEP] = {gradmq_player_step, true, true},
    [GRADMQ_RECORD_DROP] = {s_drop, true, false},
    [GRADMQ_RECORD_DIGEST] = {s_digest, true, true},
    [GRADMQ_RECORD_END] = {s_end, true, false},
    [GRADMQ_RECORD_CONTINUES] = {s_continues, true, false},
    [GRADMQ_RECORD_RUNNING] = {s_tell, true, false},
    [GRADMQ_RECORD_WORKERS] = {s_tell, true, false},
    [GRADMQ_RECORD_JOINED] = {s_tell, true, false},
    [GRADMQ_RECORD_GONE] = {s_tell, true, false},
    [GRADMQ_RECORD_DISPOSED] = {s_tell, true, false},
    [GRADMQ_RECORD_FAULTY] = {s_faulty, true, false},
    [GRADMQ_RECORD_TOGETHER] = {s_together, true, false},
    [GRADMQ_RECORD_SYNCED] = {s_synced, true, false},
};

static gradmq_err_t
s_dispatch (gradmq_player_t *self, const gradmq_record_t *record, gradmq_reason_t *reason)
{
    if (self->played.ended)
        return s_refuse (reason, "it comes after the end");
    if (s_types [record->type].needs_settings && !self->set)
        return s_refuse (reason, "it comes before the settings");
    if (s_types [record->type].needs_model && !gradmq_model_loaded (self->model))
        return s_refuse (reason, "it comes before a model");
    self->type = record->type;
    return s_types [record->type].play (self, gradmq_cursor (record->body, record->size), reason);
}

//  Which record it was. What the rooms below refuse is a fault of the file.
static gradmq_err_t
s_explain (const gradmq_record_t *record, gradmq_err_t err, const gradmq_reason_t *why,
           gradmq_reason_t *reason)
{
    gradmq_err_t code =
        err == GRADMQ_ERR_DIFFERS || err == GRADMQ_ERR_MEMORY ? err : GRADMQ_ERR_FORMAT;
    return gradmq_refuse (reason, code, "record %" PRIu64 " (%s) at byte %" PRIu64 ": %.360s",
                          record->lsn, gradmq_record_name (record->type), record->offset,
                          why->text [0] ? why->text : gradmq_err_text (err));
}

//  *more tells whether there was another record.
static gradmq_err_t
s_next (gradmq_player_t *self, bool *more, gradmq_reason_t *reason)
{
    gradmq_record_t record;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_record_next (self->reader, &record, reason);
    *more = !err && record.type != GRADMQ_RECORD_NONE;
    self->played.cut = gradmq_record_reader_cut (self->reader);
    if (!*more)
        return err;
    self->played.records = record.lsn;
    err = s_dispatch (self, &record, &why);
    self->played.epoch = gradmq_model_epoch (self->model);
    self->played.version = gradmq_model_version (self->model);
    return err ? s_explain (&record, err, &why, reason) : GRADMQ_OK;
}

//  True once the model is at `version`, in which nothing is done any more.
static bool
s_reached (const gradmq_player_t *self, uint64_t version)
{
    return gradmq_model_loaded (self->model) && self->played.version >= version;
}

gradmq_err_t
gradmq_player_run (gradmq_player_t *self, uint64_t version, gradmq_reason_t *reason)
{
    bool more = true;
    gradmq_err_t err = GRADMQ_OK;
    while (!err && more && !s_reached (self, version))
        err = s_next (self, &more, reason);
    if (err || version == UINT64_MAX)
        return err;
    if (self->played.version == version && gradmq_model_loaded (self->model))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "the recording has no version %" PRIu64 "; it %s version %" PRIu64,
                          version, more ? "begins with" : "ends with", self->played.version);
}

const gradmq_played_t *
gradmq_player_played (const gradmq_player_t *self)
{
    return &self->played;
}

const gradmq_settings_t *
gradmq_player_settings (const gradmq_player_t *self)
{
    return self->set ? &self->settings : NULL;
}

const gradmq_model_t *
gradmq_player_model (const gradmq_player_t *self)
{
    return self->model;
}

bool
gradmq_player_digest (const gradmq_player_t *self, uint8_t digest [GRADMQ_SHA256_BYTES])
{
    const gradmq_layout_t *layout = gradmq_model_layout (self->model);
    if (!layout)
        return false;
    gradmq_sha256 (gradmq_snapshot_bytes (gradmq_model_newest (self->model)),
                   (size_t) gradmq_layout_bytes (layout), digest);
    return true;
}
