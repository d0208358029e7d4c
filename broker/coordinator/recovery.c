#include "coordinator/recovery.h"

#include "coordinator/checkpoints.h"
#include "coordinator/journal.h"
#include "coordinator/restore.h"
#include "core/log.h"
#include "record/player.h"
#include "sync/muster.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

//  How far a recovery came.
typedef struct {
    gradmq_engine_t *engine;
    gradmq_serials_t checkpoints, journals;  //  numbers, the greatest first
    gradmq_player_t *player;
    uint64_t base;             //  number of the checkpoint it began with; 0: none
    bool followed;             //  its journal was there before it was
    uint64_t number, records;  //  of the newest journal that was played; 0: none
    uint64_t damaged;          //  the newest checkpoint that is not whole; 0: none
    uint64_t played_files, played_records;
    bool running;
} s_recovery_t;

//  --------------------------------------------------------------------------------------------
//  A checkpoint

//  What went wrong with a file, which is named once.
static gradmq_err_t
s_blame (gradmq_reason_t *reason, gradmq_err_t err, const char *path, const gradmq_reason_t *why)
{
    const char *text = why->text [0] ? why->text : gradmq_err_text (err);
    if (!strstr (text, path))
        return gradmq_refuse (reason, err, "%.200s: %.280s", path, text);
    return gradmq_refuse (reason, err, "%s", text);
}

static gradmq_err_t
s_begin_with (s_recovery_t *self, const gradmq_checkpoint_t *from, gradmq_reason_t *reason)
{
    gradmq_engine_t *engine = self->engine;
    gradmq_settings_t settings;
    gradmq_err_t err = gradmq_restore_settings (engine, from, &settings, reason);
    if (!err)
        err = gradmq_restore_place (engine, from, &settings, reason);
    if (!err)
        err = gradmq_muster_read (engine->members, from->workers, gradmq_clock_ms (&engine->clock),
                                  settings.lease_ms, reason);
    if (err)
        return err;
    engine->revision = from->revision;
    self->running = from->running;
    self->base = from->serial;
    self->followed = from->journal;
    engine->checkpoints.epoch = from->epoch;
    engine->checkpoints.version = from->version;
    engine->checkpoints.whole = true;
    engine->checkpoints.whole_ms = gradmq_clock_ms (&engine->clock);
    return GRADMQ_OK;
}

//  The newest whole checkpoint. One that is damaged is named, and the one before it is looked at; what
//  went wrong with the newest stays in *reason.
static gradmq_err_t
s_load (s_recovery_t *self, gradmq_reason_t *reason)
{
    const char *directory = self->engine->journal.directory;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < self->checkpoints.count; i++) {
        uint64_t serial = self->checkpoints.serials [i];
        gradmq_checkpoint_file_t *file = NULL;
        gradmq_reason_t why = {0};
        char *path = gradmq_checkpoint_path (directory, serial);
        err = path ? gradmq_checkpoint_read (&file, path, &why) : GRADMQ_ERR_MEMORY;
        if (!err)
            err = s_begin_with (self, gradmq_checkpoint_of (file), &why);
        gradmq_checkpoint_file_destroy (&file);
        if (!err) {
            free (path);
            return GRADMQ_OK;
        }
        s_blame (reason, err, path ? path : directory, &why);
        free (path);
        //  Only damage makes it worth to look at an older one.
        if (err != GRADMQ_ERR_FORMAT)
            return err;
        gradmq_log (GRADMQ_LOG_WARNING, "%s; looking at the one before it", reason->text);
        if (!self->damaged)
            self->damaged = serial;
    }
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Journals

static void
s_watch_running (void *context, bool running)
{
    s_recovery_t *self = context;
    self->running = running;
}

static gradmq_err_t
s_watch_workers (void *context, const char *text, gradmq_reason_t *reason)
{
    gradmq_engine_t *engine = ((s_recovery_t *) context)->engine;
    return gradmq_muster_read (engine->members, text, gradmq_clock_ms (&engine->clock),
                               engine->settings.lease_ms, reason);
}

//  The incarnation of this name, NULL where it is another one.
static gradmq_member_t *
s_known (const s_recovery_t *self, const char *worker, uint64_t incarnation)
{
    gradmq_member_t *member = gradmq_members_named (self->engine->members, worker);
    return member && member->incarnation == incarnation ? member : NULL;
}

static gradmq_err_t
s_watch_joined (void *context, const char *worker, uint64_t incarnation, uint64_t next,
                gradmq_reason_t *reason)
{
    const s_recovery_t *self = context;
    gradmq_engine_t *engine = self->engine;
    gradmq_member_t *member = s_known (self, worker, incarnation);
    uint64_t now = gradmq_clock_ms (&engine->clock), lease = engine->settings.lease_ms;
    if (!next) {
        if (!member)
            return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                                  "worker %s came back, and was not there before", worker);
        gradmq_members_return (engine->members, member, now, lease);
        return GRADMQ_OK;
    }
    if (gradmq_members_restore (engine->members, worker, incarnation, next, now, lease))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for worker %s", worker);
}

static void
s_watch_gone (void *context, const char *worker, uint64_t incarnation)
{
    const s_recovery_t *self = context;
    gradmq_member_t *member = s_known (self, worker, incarnation);
    if (member)
        gradmq_members_depart (self->engine->members, member);
}

static void
s_watch_disposed (void *context, const char *worker, uint64_t incarnation, uint64_t sequence,
                  uint32_t disposition, uint32_t code)
{
    gradmq_member_t *member = s_known (context, worker, incarnation);
    if (member)
        gradmq_window_replay (&member->window, sequence, (gradmq_disposition_t) disposition,
                              (gradmq_err_t) code);
}

//  A journal follows the one that was played, or the checkpoint of its number, or nothing at all.
static gradmq_err_t
s_check_place (const s_recovery_t *self, const char *path, const gradmq_continues_body_t *from,
               gradmq_reason_t *reason)
{
    if (self->number && (from->before != self->number || from->records != self->records))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s goes on from %" PRIu64 " records of journal %" PRIu64
                              ", and journal %" PRIu64 " before it has %" PRIu64
                              ": a journal was lost or changed",
                              path, from->records, from->before, self->number, self->records);
    if (!self->number && self->base && from->serial != self->base)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s is the oldest journal behind checkpoint %" PRIu64
                              ", and the journal of that number is missing",
                              path, self->base);
    if (!self->number && !self->base && (from->before || from->epoch))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s goes on from a checkpoint or a journal that is not there, "
                              "or is damaged",
                              path);
    return GRADMQ_OK;
}

//  What of the last journal is in memory alone, where a process was killed, comes to the disk before anybody
//  goes on from it. It is then read from there, since after a sync that failed memory may have what the disk
//  never got.
static gradmq_err_t
s_settle (const char *path, gradmq_reason_t *reason)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    bool settled = fd >= 0 && fsync (fd) == 0;
    int why = errno;
    if (settled)
        (void) posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
    if (fd >= 0)
        close (fd);
    if (settled)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.300s: cannot bring it to the disk: %s", path,
                          strerror (why));
}

//  A last record that was cut off when the process ended is taken away, so that nobody takes it for
//  damage later.
static gradmq_err_t
s_cut (const char *path, uint64_t bytes, gradmq_reason_t *reason)
{
    struct stat about;
    int fd = open (path, O_WRONLY | O_CLOEXEC);
    bool cut = fd >= 0 && fstat (fd, &about) == 0 && (uint64_t) about.st_size > bytes
               && ftruncate (fd, about.st_size - (off_t) bytes) == 0 && fsync (fd) == 0;
    int why = errno;
    if (fd >= 0)
        close (fd);
    if (!cut)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.300s: cannot cut its last record: %s", path,
                              strerror (why));
    gradmq_log (GRADMQ_LOG_WARNING,
                "%s: the last record was cut off, %" PRIu64 " bytes; nobody was told of it", path,
                bytes);
    return GRADMQ_OK;
}

static gradmq_err_t
s_play (s_recovery_t *self, const char *path, bool last, gradmq_reason_t *reason)
{
    const gradmq_watcher_t watcher = {.context = self,
                                      .workers = s_watch_workers,
                                      .joined = s_watch_joined,
                                      .gone = s_watch_gone,
                                      .disposed = s_watch_disposed,
                                      .running = s_watch_running};
    gradmq_record_reader_t *reader;
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_record_reader_open (&reader, path, last, reason);
    if (err)
        return err;
    if (self->player)
        gradmq_player_next (self->player, &reader);
    else
        err = gradmq_player_open_for (&self->player, &reader, self->engine->model,
                                      self->engine->step, &watcher, reason);
    if (err)
        return err;
    err = gradmq_player_run (self->player, UINT64_MAX, &why);
    if (err)
        return s_blame (reason, err, path, &why);
    const gradmq_played_t *played = gradmq_player_played (self->player);
    if (strcmp (played->name, self->engine->name) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%.200s is of model %s, and this coordinator's is %s; give each a "
                              "folder of its own",
                              path, played->name, self->engine->name);
    self->records = played->records;
    self->played_files++;
    self->played_records += played->records;
    if (!played->cut)
        return GRADMQ_OK;
    if (!last)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.200s ends with a part of a record, and it is not the last journal",
                              path);
    return s_cut (path, played->cut, reason);
}

static gradmq_err_t
s_play_next (s_recovery_t *self, uint64_t number, bool last, gradmq_reason_t *reason)
{
    gradmq_continues_body_t from;
    bool whole;
    char *path = gradmq_journal_path (self->engine->journal.directory, number);
    if (!path)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = last ? s_settle (path, reason) : GRADMQ_OK;
    if (!err)
        err = gradmq_journal_begins (path, last, &from, &whole, reason);
    //  A checkpoint's own journal had begun before it.
    const bool needed = !last || (self->followed && number == self->base);
    if (!err && !whole && !needed)
        err = unlink (path) ? gradmq_refuse (reason, GRADMQ_ERR_IO, "%.300s: cannot remove it: %s",
                                             path, strerror (errno))
                            : GRADMQ_OK;
    else if (!err && !whole)
        err = gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.300s has no beginning, and %s", path,
                             last ? "the checkpoint of its number goes on with it"
                                  : "it is not the last journal");
    else if (!err) {
        err = s_check_place (self, path, &from, reason);
        if (!err)
            err = s_play (self, path, last, reason);
        self->number = number;
    }
    free (path);
    return err;
}

static gradmq_err_t
s_play_all (s_recovery_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = self->journals.count; i > 0 && !err; i--)
        if (self->journals.serials [i - 1] >= self->base)
            err = s_play_next (self, self->journals.serials [i - 1], i == 1, reason);
    if (!err && self->followed && !self->number)
        err = gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                             "%.200s: the journal of checkpoint %" PRIu64
                             " is missing, and what it had was acknowledged",
                             self->engine->journal.directory, self->base);
    const gradmq_settings_t *settings = self->player ? gradmq_player_settings (self->player) : NULL;
    if (err || !settings)
        return err;
    gradmq_engine_take_settings (self->engine, settings);
    //  Each journal begins with the settings in force.
    self->engine->revision += gradmq_player_played (self->player)->settings - self->played_files;
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  Going on

//  Settings and members are there; policies have to know of them.
static void
s_rejoin (gradmq_engine_t *self)
{
    for (gradmq_member_t *m = gradmq_members_next (self->members, NULL); m;
         m = gradmq_members_next (self->members, m))
        gradmq_sync_joined (&self->sync, m, true);
}

static gradmq_err_t
s_go_on (s_recovery_t *self, gradmq_reason_t *reason)
{
    gradmq_engine_t *engine = self->engine;
    bool journal = gradmq_settings_journal (&engine->settings);
    gradmq_err_t err = GRADMQ_OK;
    s_rejoin (engine);
    if (gradmq_model_loaded (engine->model)) {
        engine->state = GRADMQ_STATE_STOPPED;
        //  What came after a checkpoint is lost, and versions are never made twice.
        if (!journal)
            err = gradmq_model_new_epoch (engine->model);
    }
    if (err)
        return gradmq_refuse (reason, err, "no memory to go on");
    engine->settings_epoch = gradmq_model_epoch (engine->model);
    engine->settings_version = gradmq_model_version (engine->model);
    if (self->running && engine->state == GRADMQ_STATE_STOPPED) {
        gradmq_sync_start (&engine->sync, gradmq_clock_ms (&engine->clock));
        engine->state = GRADMQ_STATE_RUNNING;
    }
    engine->checkpoints.wanted = journal ? self->number != 0 : true;
    engine->checkpoints.begun_ms = gradmq_clock_ms (&engine->clock);
    if (!journal)
        return GRADMQ_OK;
    //  Behind a checkpoint that nothing came after, its own journal begins.
    uint64_t serial = self->number ? ++engine->journal.serial : self->base;
    return gradmq_journal_begin (engine, serial, self->number, self->records, reason);
}

static void
s_say (const s_recovery_t *self)
{
    const gradmq_engine_t *engine = self->engine;
    char from [64] = "no checkpoint";
    if (self->base)
        snprintf (from, sizeof from, "checkpoint %" PRIu64, self->base);
    gradmq_log (GRADMQ_LOG_INFO,
                "resumed model %s from %s and %" PRIu64 " records of %" PRIu64
                " journals: epoch %" PRIu64 ", version %" PRIu64 ", %zu workers",
                engine->name, from, self->played_records, self->played_files,
                gradmq_model_epoch (engine->model), gradmq_model_version (engine->model),
                gradmq_members_count (engine->members));
}

static gradmq_err_t
s_run (s_recovery_t *self, bool *resumed, gradmq_reason_t *reason)
{
    gradmq_engine_t *engine = self->engine;
    gradmq_reason_t newest = {0};
    gradmq_err_t err =
        gradmq_checkpoint_list (&self->checkpoints, engine->journal.directory, reason);
    if (!err)
        err = gradmq_journal_list (&self->journals, engine->journal.directory, reason);
    if (err)
        return err;
    if (self->checkpoints.count)
        engine->journal.serial = self->checkpoints.serials [0];
    if (self->journals.count && self->journals.serials [0] > engine->journal.serial)
        engine->journal.serial = self->journals.serials [0];
    if (!self->checkpoints.count && !self->journals.count)
        return GRADMQ_OK;
    err = s_load (self, &newest);
    if (err && (err != GRADMQ_ERR_FORMAT || !self->journals.count)) {
        *reason = newest;
        return err;
    }
    err = s_play_all (self, reason);
    if (err)
        return err;
    if (self->damaged > self->number && gradmq_settings_journal (&engine->settings)) {
        *reason = newest;
        return GRADMQ_ERR_FORMAT;
    }
    //  A journal that was never begun is nothing.
    *resumed = self->base || self->number;
    if (!*resumed)
        return GRADMQ_OK;
    err = s_go_on (self, reason);
    if (!err)
        s_say (self);
    return err;
}

gradmq_err_t
gradmq_recovery_run (gradmq_engine_t *self, bool *resumed, gradmq_reason_t *reason)
{
    s_recovery_t recovery = {.engine = self};
    *resumed = false;
    gradmq_checkpoint_tidy (self->journal.directory);
    gradmq_err_t err = s_run (&recovery, resumed, reason);
    gradmq_player_close (&recovery.player);
    gradmq_serials_clear (&recovery.checkpoints);
    gradmq_serials_clear (&recovery.journals);
    return err;
}
