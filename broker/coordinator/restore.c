#include "coordinator/restore.h"

#include "coordinator/recording.h"
#include "record/body.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

//  The bytes behind "frame=" in a checkpoint's settings.
//    owns    *bytes is the caller's: free ()
static gradmq_err_t
s_frame (const char *settings, uint8_t **bytes, size_t *size, gradmq_reason_t *reason)
{
    const char *line = strstr (settings, "frame=");
    if (!line || (line != settings && line [-1] != '\n'))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "it has no settings");
    line += strlen ("frame=");
    *size = strspn (line, "0123456789abcdef") / 2;
    *bytes = malloc (*size + 1);
    if (!*bytes)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < *size; i++) {
        char digits [3] = {line [2 * i], line [2 * i + 1], 0};
        (*bytes) [i] = (uint8_t) strtoul (digits, NULL, 16);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_restore_settings (const gradmq_engine_t *self, const gradmq_checkpoint_t *from,
                         gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    size_t size = 0;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    uint8_t *frame;
    gradmq_err_t err = s_frame (from->settings, &frame, &size, reason);
    if (err)
        return err;
    err = gradmq_body_settings (gradmq_cursor (frame, size), settings, name, reason);
    free (frame);
    if (!err && strcmp (name, self->name) != 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                             "it is of model %s, and this coordinator's is %s; give each a folder "
                             "of its own",
                             name, self->name);
    return err;
}

//  What the next steps depend on beside settings and model; the values stay the checkpoint's.
static gradmq_err_t
s_state (const gradmq_checkpoint_t *from, gradmq_step_state_t *state)
{
    *state = (gradmq_step_state_t){.tick = from->tick,
                                   .tensor_count = gradmq_layout_count (from->layout),
                                   .state_count = from->state_count};
    state->counts = calloc (state->tensor_count, sizeof *state->counts);
    if (!state->counts)
        return GRADMQ_ERR_MEMORY;
    for (size_t t = 0; t < state->tensor_count; t++) {
        state->counts [t].count = from->counts [t].count;
        memcpy (state->counts [t].running, from->counts [t].running,
                sizeof state->counts [t].running);
    }
    for (size_t i = 0; i < from->state_count; i++)
        state->states [i] = from->states [i];
    return GRADMQ_OK;
}

//  All that can be refused comes before the load, which is the last that can be.
static gradmq_err_t
s_load (gradmq_engine_t *self, const gradmq_checkpoint_t *from, const gradmq_settings_t *settings,
        gradmq_reason_t *reason)
{
    const gradmq_dtype_t *dtype = gradmq_layout_dtype (from->layout);
    gradmq_frame_t frame = {from->parameters, (size_t) gradmq_layout_bytes (from->layout)};
    gradmq_payload_t payload = {&frame, 1, frame.size};
    gradmq_step_state_t state;
    if (s_state (from, &state))
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err =
        gradmq_step_prepare_restored (self->step, settings, from->layout, &state, reason);
    gradmq_step_state_clear (&state);
    if (!err)
        err = gradmq_model_load (self->model, from->layout, dtype, &payload, reason);
    if (err)
        return err;
    gradmq_step_restored (self->step, settings, from->tick);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_restore_place (gradmq_engine_t *self, const gradmq_checkpoint_t *from,
                      const gradmq_settings_t *settings, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_load (self, from, settings, reason);
    if (err)
        return err;
    gradmq_engine_take_settings (self, settings);
    gradmq_model_place (self->model, from->epoch, from->version);
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Restore

//  The path of what was named, or of the newest.
//    owns    *path is the caller's: free ()
static gradmq_err_t
s_find_in (const gradmq_serials_t *list, const char *folder, const char *name, char **path,
           gradmq_reason_t *reason)
{
    for (size_t i = 0; i < list->count; i++) {
        char *one = gradmq_checkpoint_path (folder, list->serials [i]);
        if (!one)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        if (!name || strcmp (strrchr (one, '/') + 1, name) == 0) {
            *path = one;
            return GRADMQ_OK;
        }
        free (one);
    }
    if (!name)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "there is no checkpoint yet");
    return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                          "there is no checkpoint \"%.200s\"; the newest is number %" PRIu64, name,
                          list->count ? list->serials [0] : 0);
}

static gradmq_err_t
s_find (const gradmq_engine_t *self, const char *name, char **path, gradmq_reason_t *reason)
{
    gradmq_serials_t list;
    gradmq_err_t err = gradmq_checkpoint_list (&list, self->journal.directory, reason);
    if (err)
        return err;
    err = s_find_in (&list, self->journal.directory, name, path, reason);
    gradmq_serials_clear (&list);
    return err;
}

//  Durability is this coordinator's, not the file's.
static void
s_keep_level (const gradmq_engine_t *self, gradmq_settings_t *settings)
{
    memcpy (settings->durability, self->settings.durability, sizeof settings->durability);
    settings->given [GRADMQ_SETTING_durability] = self->settings.given [GRADMQ_SETTING_durability];
}

static gradmq_err_t
s_restore (gradmq_engine_t *self, const gradmq_checkpoint_t *from, gradmq_reason_t *reason)
{
    gradmq_settings_t settings;
    gradmq_err_t err = gradmq_restore_settings (self, from, &settings, reason);
    if (err)
        return err;
    s_keep_level (self, &settings);
    err = s_load (self, from, &settings, reason);
    if (err)
        return err;
    gradmq_engine_dissolve (self);
    gradmq_engine_take_settings (self, &settings);
    self->revision++;
    gradmq_recording_restored (self);
    gradmq_engine_loaded (self, "a checkpoint was restored; a new epoch has begun");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_restore_run (gradmq_engine_t *self, const char *name, gradmq_reason_t *reason)
{
    gradmq_checkpoint_file_t *file;
    if (self->state == GRADMQ_STATE_CLOSING)
        return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
    if (!self->journal.directory)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "this coordinator was given no folder to keep anything in; use "
                              "SetModelParameters, or start gradmqd with state/directory");
    char *path = NULL;
    gradmq_err_t err = s_find (self, name, &path, reason);
    if (err)
        return err;
    err = gradmq_checkpoint_read (&file, path, reason);
    free (path);
    if (!err)
        err = s_restore (self, gradmq_checkpoint_of (file), reason);
    gradmq_checkpoint_file_destroy (&file);
    return err == GRADMQ_ERR_IO || err == GRADMQ_ERR_FORMAT ? reason->code = GRADMQ_ERR_INTERNAL
                                                            : err;
}
