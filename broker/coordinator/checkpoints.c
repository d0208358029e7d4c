#include "coordinator/checkpoints.h"

#include "coordinator/checkpoint_job.h"
#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "coordinator/recording.h"
#include "core/failpoint.h"
#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

//  After one that failed, the next is tried this much later.
enum { AGAIN_MS = 10000 };

bool
gradmq_settings_journal (const gradmq_settings_t *settings)
{
    return strcmp (settings->durability, "journal") == 0;
}

bool
gradmq_settings_durable (const gradmq_settings_t *settings)
{
    return strcmp (settings->durability, "memory") != 0;
}

//  --------------------------------------------------------------------------------------------
//  One checkpoint

//  The journal ends here and the next one begins, which goes on from the new checkpoint as well as from
//  the old journal.
static void
s_turn_page (gradmq_engine_t *self)
{
    gradmq_journal_t *journal = &self->journal;
    gradmq_reason_t why = {0};
    uint64_t before = journal->number, records;
    if (!journal->recorder)
        return;
    gradmq_journal_end (self, &records);
    gradmq_failpoint ("journal-between");
    if (gradmq_journal_begin (self, journal->serial, before, records, &why))
        gradmq_journal_fail (&why);
    gradmq_failpoint ("journal-begun");
}

static void
s_note_begin (gradmq_engine_t *self)
{
    gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    checkpoints->operation = ++self->operations;
    snprintf (checkpoints->name, sizeof checkpoints->name, "checkpoint %" PRIu64,
              self->journal.serial);
    checkpoints->outcome = (gradmq_reason_t){0};
    checkpoints->epoch = gradmq_model_epoch (self->model);
    checkpoints->version = gradmq_model_version (self->model);
    checkpoints->begun_ms = gradmq_clock_ms (&self->clock);
    checkpoints->wanted = false;
}

static gradmq_err_t
s_begin (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    gradmq_err_t err =
        gradmq_checkpoint_job_new (&checkpoints->job, self, self->journal.serial + 1, reason);
    if (err)
        return err;
    self->journal.serial++;
    s_note_begin (self);
    return GRADMQ_OK;
}

static void
s_finish (gradmq_engine_t *self)
{
    gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    gradmq_reason_t *outcome = &checkpoints->outcome;
    uint64_t bytes;
    gradmq_checkpoint_job_join (&checkpoints->job, outcome, &bytes);
    if (outcome->code) {
        gradmq_reason_t why = *outcome;
        gradmq_refuse (outcome, GRADMQ_ERR_INTERNAL, "%s failed: %.420s", checkpoints->name,
                       why.text);
        checkpoints->wanted = true;
        gradmq_count (&self->counters, GRADMQ_COUNTER_checkpoints_failed, 1);
    } else {
        snprintf (outcome->text, sizeof outcome->text,
                  "%s is on the disk: epoch %" PRIu64 ", version %" PRIu64 ", %" PRIu64 " bytes",
                  checkpoints->name, checkpoints->epoch, checkpoints->version, bytes);
        checkpoints->whole = true;
        checkpoints->whole_ms = checkpoints->begun_ms;
        gradmq_count (&self->counters, GRADMQ_COUNTER_checkpoints_written, 1);
    }
    gradmq_log (outcome->code ? GRADMQ_LOG_WARNING : GRADMQ_LOG_INFO, "%s", outcome->text);
}

static void
s_tell (gradmq_engine_t *self)
{
    const gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    gradmq_notice_args_t args = {.notice = GRADMQ_NOTICE_OPERATION,
                                 .message = checkpoints->outcome.text,
                                 .code = checkpoints->outcome.code,
                                 .operation = checkpoints->operation};
    gradmq_publisher_notice (self->publisher, self, &args);
}

gradmq_err_t
gradmq_checkpoints_begin (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
    if (!self->journal.directory)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "this coordinator was given no folder to keep anything in; start "
                              "gradmqd with state/directory");
    if (!gradmq_model_loaded (self->model))
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL, "there is no model to keep");
    if (self->checkpoints.job)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE,
                              "%s is being written; wait until it is done", self->checkpoints.name);
    gradmq_err_t err = s_begin (self, reason);
    if (err)
        return err;
    s_turn_page (self);
    gradmq_checkpoint_job_start (self->checkpoints.job);
    return GRADMQ_OK;
}

bool
gradmq_checkpoints_operation (const gradmq_engine_t *self, gradmq_operation_t *operation)
{
    const gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    *operation = (gradmq_operation_t){.operation = checkpoints->operation,
                                      .name = checkpoints->name,
                                      .done = !checkpoints->job,
                                      .code = checkpoints->outcome.code,
                                      .message = checkpoints->outcome.text};
    return checkpoints->operation != 0;
}

//  --------------------------------------------------------------------------------------------
//  When

static bool
s_due (const gradmq_engine_t *self, uint64_t now_ms)
{
    const gradmq_checkpoints_t *last = &self->checkpoints;
    const gradmq_settings_t *settings = &self->settings;
    uint64_t version = gradmq_model_version (self->model);
    uint64_t since_ms = now_ms - last->begun_ms;
    if (!gradmq_settings_durable (settings) || !gradmq_model_loaded (self->model))
        return false;
    if (last->outcome.code && since_ms < AGAIN_MS)
        return false;
    if (last->wanted || last->epoch != gradmq_model_epoch (self->model))
        return true;
    if (version == last->version)
        return false;
    return (settings->checkpoint_every && version - last->version >= settings->checkpoint_every)
           || (settings->checkpoint_interval_ms && since_ms >= settings->checkpoint_interval_ms);
}

void
gradmq_checkpoints_look (gradmq_engine_t *self)
{
    gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    gradmq_reason_t why = {0};
    if (!self->journal.directory || self->state == GRADMQ_STATE_CLOSING)
        return;
    if (checkpoints->job && gradmq_checkpoint_job_done (checkpoints->job)) {
        s_finish (self);
        s_tell (self);
    }
    if (checkpoints->job || !s_due (self, gradmq_clock_ms (&self->clock)))
        return;
    if (gradmq_checkpoints_begin (self, &why)) {
        gradmq_log (GRADMQ_LOG_WARNING, "no checkpoint: %s", why.text);
        checkpoints->outcome = why;
        gradmq_count (&self->counters, GRADMQ_COUNTER_checkpoints_failed, 1);
        checkpoints->begun_ms = gradmq_clock_ms (&self->clock);
    }
}

//  Write one now, and wait for it.
static gradmq_err_t
s_write_now (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    gradmq_checkpoints_t *checkpoints = &self->checkpoints;
    if (checkpoints->job)
        s_finish (self);
    gradmq_err_t err = s_begin (self, reason);
    if (err)
        return err;
    gradmq_checkpoint_job_start (checkpoints->job);
    s_finish (self);
    if (!checkpoints->outcome.code)
        return GRADMQ_OK;
    return gradmq_refuse (reason, checkpoints->outcome.code, "%s", checkpoints->outcome.text);
}

void
gradmq_checkpoints_end (gradmq_engine_t *self)
{
    gradmq_reason_t why = {0};
    uint64_t records;
    gradmq_journal_end (self, &records);
    if (self->journal.directory && gradmq_settings_durable (&self->settings)
        && gradmq_model_loaded (self->model) && !self->checkpoints.none_at_end
        && s_write_now (self, &why))
        gradmq_log (GRADMQ_LOG_ERROR, "no last checkpoint: %s", gradmq_reason_text (&why));
}

void
gradmq_checkpoints_free (gradmq_engine_t *self)
{
    gradmq_reason_t outcome;
    uint64_t bytes;
    if (self->checkpoints.job)
        gradmq_checkpoint_job_join (&self->checkpoints.job, &outcome, &bytes);
}

//  --------------------------------------------------------------------------------------------
//  Another level

gradmq_err_t
gradmq_checkpoints_settle (gradmq_engine_t *self, const gradmq_settings_t *settings,
                           gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (!gradmq_settings_durable (settings))
        return GRADMQ_OK;
    if (!self->journal.directory)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "durability %s needs a folder, and this coordinator was given none; "
                              "start gradmqd with state/directory",
                              settings->durability);
    if (!gradmq_settings_journal (settings) || self->journal.recorder)
        return GRADMQ_OK;
    //  A journal goes on from a checkpoint, or from the beginning.
    if (gradmq_model_loaded (self->model))
        err = s_write_now (self, reason);
    else
        self->journal.serial++;
    if (!err)
        err = gradmq_journal_begin (self, self->journal.serial, 0, 0, reason);
    return err == GRADMQ_ERR_IO ? reason->code = GRADMQ_ERR_INTERNAL : err;
}

void
gradmq_checkpoints_settled (gradmq_engine_t *self)
{
    uint64_t records;
    if (!self->journal.recorder || gradmq_settings_journal (&self->settings))
        return;
    gradmq_journal_end (self, &records);
    //  What comes from now on is in no journal, so the old one must not be the newest.
    self->checkpoints.wanted = true;
}
