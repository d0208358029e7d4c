#include "coordinator/checkpoint_job.h"

#include "checkpoint/checkpoint.h"
#include "checkpoint/room.h"
#include "coordinator/journal.h"
#include "core/failpoint.h"
#include "core/handover.h"
#include "record/front.h"
#include "sync/muster.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gradmq_checkpoint_job {
    gradmq_checkpoint_t content;
    char *directory, *settings, *workers;
    void *states [GRADMQ_CHECKPOINT_STATES_MAX];
    gradmq_checkpoint_count_t *counts;
    gradmq_snapshot_t *snapshot;
    char model [GRADMQ_NAME_BYTES_MAX + 1];
    size_t keep;
    pthread_t thread;
    bool started;
    atomic_bool done;
    gradmq_reason_t outcome;
    uint64_t bytes;
};

static void
s_free (gradmq_checkpoint_job_t *self)
{
    gradmq_snapshot_release (&self->snapshot);
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_STATES_MAX; i++)
        gradmq_room_free (self->states [i]);
    free (self->counts);
    free (self->directory);
    free (self->settings);
    free (self->workers);
    free (self);
}

//  --------------------------------------------------------------------------------------------
//  What is in it

static void
s_put_hexadecimal (FILE *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf (out, "%02x", bytes [i]);
}

//  What was set, a line each for whoever reads the file, and then all settings as a journal has them.
static char *
s_settings (const gradmq_engine_t *engine)
{
    char *text = NULL, value [GRADMQ_SETTING_TEXT_BYTES];
    size_t size;
    FILE *out = open_memstream (&text, &size);
    if (!out)
        return NULL;
    for (gradmq_setting_id_t i = 0; i < GRADMQ_SETTINGS; i++)
        if (engine->settings.given [i]) {
            gradmq_settings_format (&engine->settings, i, value, sizeof value);
            fprintf (out, "%s=%s\n", gradmq_setting_table [i].name, value);
        }
    gradmq_front_t front = {0};
    gradmq_front_begin (&front);
    gradmq_front_settings (&front, engine->name, &engine->settings);
    fputs ("frame=", out);
    s_put_hexadecimal (out, front.bytes, front.size);
    fputc ('\n', out);
    bool whole = !front.failed && !ferror (out);
    gradmq_front_free (&front);
    whole &= fclose (out) == 0;
    if (whole)
        return text;
    free (text);
    return NULL;
}

static bool
s_take_state (gradmq_checkpoint_job_t *self, const gradmq_step_state_t *state, uint64_t bytes)
{
    gradmq_checkpoint_t *content = &self->content;
    self->counts = calloc (state->tensor_count, sizeof *self->counts);
    if (!self->counts || state->state_count > GRADMQ_CHECKPOINT_STATES_MAX)
        return false;
    for (size_t t = 0; t < state->tensor_count; t++) {
        self->counts [t].count = state->counts [t].count;
        memcpy (self->counts [t].running, state->counts [t].running,
                sizeof self->counts [t].running);
    }
    content->counts = self->counts;
    content->tick = state->tick;
    content->state_count = state->state_count;
    for (size_t i = 0; i < state->state_count; i++) {
        self->states [i] = gradmq_room_new (bytes);
        if (!self->states [i])
            return false;
        memcpy (self->states [i], state->states [i], (size_t) bytes);
        content->states [i] = self->states [i];
    }
    return true;
}

static bool
s_take (gradmq_checkpoint_job_t *self, const gradmq_engine_t *engine)
{
    gradmq_checkpoint_t *content = &self->content;
    gradmq_step_state_t state;
    if (gradmq_step_export (engine->step, &state))
        return false;
    uint64_t bytes = gradmq_layout_bytes (gradmq_model_layout (engine->model));
    bool taken = s_take_state (self, &state, bytes);
    gradmq_step_state_clear (&state);
    self->directory = strdup (engine->journal.directory);
    self->settings = s_settings (engine);
    self->workers = gradmq_muster_write (engine->members);
    self->snapshot = gradmq_snapshot_acquire (gradmq_model_newest (engine->model));
    self->keep = (size_t) engine->settings.checkpoint_keep;
    memcpy (self->model, engine->name, sizeof self->model);
    content->epoch = gradmq_model_epoch (engine->model);
    content->version = gradmq_model_version (engine->model);
    content->revision = engine->revision;
    content->running =
        engine->state == GRADMQ_STATE_RUNNING
        || (engine->state == GRADMQ_STATE_CLOSING && engine->checkpoints.running_at_end);
    content->journal = engine->journal.recorder != NULL;
    content->model = self->model;
    content->settings = self->settings;
    content->workers = self->workers;
    content->layout = gradmq_snapshot_layout (self->snapshot);
    content->parameters = gradmq_snapshot_bytes (self->snapshot);
    return taken && self->directory && self->settings && self->workers;
}

gradmq_err_t
gradmq_checkpoint_job_new (gradmq_checkpoint_job_t **self_p, const gradmq_engine_t *engine,
                           uint64_t serial, gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_checkpoint_job_t *self = calloc (1, sizeof *self);
    if (self) {
        atomic_init (&self->done, false);
        self->content.serial = serial;
        if (s_take (self, engine)) {
            *self_p = self;
            return GRADMQ_OK;
        }
        s_free (self);
    }
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a checkpoint");
}

//  --------------------------------------------------------------------------------------------
//  Its thread

//  Journals before the oldest checkpoint that is kept are of no use.
static void
s_remove_journals (const gradmq_checkpoint_job_t *self)
{
    gradmq_serials_t checkpoints = {0}, journals = {0};
    gradmq_reason_t why;
    if (!gradmq_checkpoint_list (&checkpoints, self->directory, &why) && checkpoints.count
        && !gradmq_journal_list (&journals, self->directory, &why))
        for (size_t i = 0; i < journals.count; i++)
            if (journals.serials [i] < checkpoints.serials [checkpoints.count - 1]) {
                char *path = gradmq_journal_path (self->directory, journals.serials [i]);
                if (path)
                    unlink (path);
                free (path);
            }
    gradmq_serials_clear (&checkpoints);
    gradmq_serials_clear (&journals);
}

static void *
s_run (void *argument)
{
    gradmq_checkpoint_job_t *self = argument;
    GRADMQ_TAKE_OVER (self);
    gradmq_failpoint ("checkpoint-before-write");
    gradmq_err_t err =
        gradmq_checkpoint_write (self->directory, &self->content, &self->bytes, &self->outcome);
    gradmq_failpoint ("checkpoint-after-write");
    if (!err)
        err = gradmq_checkpoint_prune (self->directory, self->keep, &self->outcome);
    if (!err)
        s_remove_journals (self);
    gradmq_failpoint ("checkpoint-after-prune");
    if (err && !self->outcome.code)
        gradmq_refuse (&self->outcome, err, "%s", gradmq_err_text (err));
    GRADMQ_HAND_OVER (self);
    atomic_store (&self->done, true);
    return NULL;
}

void
gradmq_checkpoint_job_start (gradmq_checkpoint_job_t *self)
{
    GRADMQ_HAND_OVER (self);
    self->started = pthread_create (&self->thread, NULL, s_run, self) == 0;
    if (!self->started)
        s_run (self);
}

bool
gradmq_checkpoint_job_done (const gradmq_checkpoint_job_t *self)
{
    return atomic_load (&self->done);
}

void
gradmq_checkpoint_job_join (gradmq_checkpoint_job_t **self_p, gradmq_reason_t *outcome,
                            uint64_t *bytes)
{
    gradmq_checkpoint_job_t *self = *self_p;
    *self_p = NULL;
    if (self->started)
        pthread_join (self->thread, NULL);
    GRADMQ_TAKE_OVER (self);
    *outcome = self->outcome;
    *bytes = self->bytes;
    s_free (self);
}
