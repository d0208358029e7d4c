#include "coordinator/recording.h"

#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
s_tell (gradmq_engine_t *self)
{
    const gradmq_recording_t *recording = &self->recording;
    gradmq_notice_args_t args = {.notice = GRADMQ_NOTICE_OPERATION,
                                 .message = recording->outcome.text,
                                 .code = recording->outcome.code,
                                 .operation = recording->operation};
    gradmq_publisher_notice (self->publisher, self, &args);
    gradmq_log (recording->outcome.code ? GRADMQ_LOG_WARNING : GRADMQ_LOG_INFO, "%s",
                recording->outcome.text);
}

//  It cannot be written any further.
static void
s_break_off (gradmq_engine_t *self, const gradmq_reason_t *why)
{
    gradmq_recording_t *recording = &self->recording;
    gradmq_recorder_abandon (&recording->recorder);
    gradmq_refuse (&recording->outcome, GRADMQ_ERR_INTERNAL,
                   "the recording broke off; what came before can be replayed: %.380s",
                   gradmq_reason_text (why));
    s_tell (self);
}

//  Who is told of what happens: the recording that is made, and the journal.
enum { RECORDING, JOURNAL, RECORDERS };

//  NULL: not now.
static gradmq_recorder_t *
s_recorder (const gradmq_engine_t *self, size_t which)
{
    return which == RECORDING ? self->recording.recorder : self->journal.recorder;
}

//  A recording that fails ends, and training goes on; without its journal a coordinator cannot.
static void
s_look (gradmq_engine_t *self, size_t which, gradmq_err_t err, const gradmq_reason_t *why)
{
    if (err && which == RECORDING)
        s_break_off (self, why);
    else if (err)
        gradmq_journal_fail (why);
}

//  The same of something that has to be on the disk before anybody is told of it. A contribution need not:
//  nobody is told of it before its step is closed.
static void
s_look_and_owe (gradmq_engine_t *self, size_t which, gradmq_err_t err, const gradmq_reason_t *why)
{
    s_look (self, which, err, why);
    self->journal.owes |= which == JOURNAL;
}

//  --------------------------------------------------------------------------------------------
//  Begin and end

//  The open step's contributions came before.
static gradmq_err_t
s_write_open (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (gradmq_entry_t *entry = self->open.first; entry && !err; entry = entry->next)
        err = gradmq_recorder_contribution (self->recording.recorder, &entry->gradient,
                                            &entry->lsns [RECORDING], reason);
    return err;
}

static gradmq_err_t
s_open (gradmq_engine_t *self, const char *name, gradmq_reason_t *reason)
{
    gradmq_recording_t *recording = &self->recording;
    char *path = NULL;
    if (asprintf (&path, "%s/%s", recording->directory, name) < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = gradmq_recorder_open (&recording->recorder, path, self->name, self->model,
                                             self->step, reason);
    free (path);
    if (!err)
        err = s_write_open (self, reason);
    if (err)
        gradmq_recorder_abandon (&recording->recorder);
    //  The protocol has no code for files.
    return err == GRADMQ_ERR_IO ? reason->code = GRADMQ_ERR_INTERNAL : err;
}

gradmq_err_t
gradmq_recording_start (gradmq_engine_t *self, const char *name, gradmq_reason_t *reason)
{
    gradmq_recording_t *recording = &self->recording;
    if (self->state == GRADMQ_STATE_CLOSING)
        return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
    if (!recording->directory)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "this coordinator was given no folder for recordings; start gradmqd "
                              "with record/directory");
    if (recording->recorder)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE, "%s is being recorded; end it first",
                              recording->name);
    gradmq_err_t err = s_open (self, name, reason);
    if (err)
        return err;
    recording->operation = ++self->operations;
    recording->outcome = (gradmq_reason_t){0};
    snprintf (recording->name, sizeof recording->name, "%s", name);
    snprintf (recording->operation_name, sizeof recording->operation_name, "record %s", name);
    gradmq_log (GRADMQ_LOG_INFO, "recording %s begins at version %" PRIu64, name,
                gradmq_model_version (self->model));
    return GRADMQ_OK;
}

void
gradmq_recording_end (gradmq_engine_t *self)
{
    gradmq_recording_t *recording = &self->recording;
    gradmq_reason_t why = {0};
    if (!recording->recorder)
        return;
    uint64_t records, bytes;
    if (gradmq_recorder_close (&recording->recorder, &records, &bytes, &why)) {
        s_break_off (self, &why);
        return;
    }
    snprintf (recording->outcome.text, sizeof recording->outcome.text,
              "recording %s ends at version %" PRIu64 ": %" PRIu64 " records, %" PRIu64 " bytes",
              recording->name, gradmq_model_version (self->model), records, bytes);
    s_tell (self);
}

gradmq_err_t
gradmq_recording_stop (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    gradmq_recording_t *recording = &self->recording;
    if (!recording->recorder)
        return gradmq_refuse (reason, GRADMQ_ERR_STATE, "nothing is being recorded%s%.400s",
                              recording->outcome.code ? "; " : "",
                              recording->outcome.code ? recording->outcome.text : "");
    gradmq_recording_end (self);
    if (recording->outcome.code)
        return gradmq_refuse (reason, recording->outcome.code, "%s", recording->outcome.text);
    return GRADMQ_OK;
}

bool
gradmq_recording_operation (const gradmq_engine_t *self, gradmq_operation_t *operation)
{
    const gradmq_recording_t *recording = &self->recording;
    *operation = (gradmq_operation_t){.operation = recording->operation,
                                      .name = recording->operation_name,
                                      .done = !recording->recorder,
                                      .code = recording->outcome.code,
                                      .message = recording->outcome.text};
    return recording->operation != 0;
}

//  --------------------------------------------------------------------------------------------
//  What happens

static void
s_write (gradmq_engine_t *self, gradmq_err_t (*write) (gradmq_recorder_t *, gradmq_reason_t *))
{
    for (size_t i = 0; i < RECORDERS; i++) {
        gradmq_reason_t why = {0};
        if (s_recorder (self, i))
            s_look_and_owe (self, i, write (s_recorder (self, i), &why), &why);
    }
}

void
gradmq_recording_settings (gradmq_engine_t *self)
{
    s_write (self, gradmq_recorder_settings);
}

void
gradmq_recording_loaded (gradmq_engine_t *self)
{
    s_write (self, gradmq_recorder_loaded);
}

void
gradmq_recording_restored (gradmq_engine_t *self)
{
    s_write (self, gradmq_recorder_restored);
}

void
gradmq_recording_epoch (gradmq_engine_t *self)
{
    s_write (self, gradmq_recorder_epoch);
}

void
gradmq_recording_drop (gradmq_engine_t *self)
{
    if (self->open.count)
        s_write (self, gradmq_recorder_drop);
}

//  True when a step was tried and would come to the same again.
static bool
s_tried (const gradmq_outcome_t *outcome)
{
    return outcome->disposition == GRADMQ_APPLIED
           || (outcome->disposition == GRADMQ_SKIPPED && outcome->code == GRADMQ_ERR_NON_FINITE);
}

static gradmq_err_t
s_write_gradients (gradmq_recorder_t *recorder, gradmq_gradient_t *const *gradients,
                   const gradmq_outcome_t *outcomes, size_t count, uint64_t version,
                   gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < count && !err; i++) {
        if (outcomes [i].disposition == GRADMQ_APPLIED)
            version++;
        if (s_tried (&outcomes [i]))
            err = gradmq_recorder_gradient (recorder, gradients [i], version, reason);
    }
    return err ? err : gradmq_recorder_check (recorder, reason);
}

void
gradmq_recording_gradients (gradmq_engine_t *self, gradmq_gradient_t *const *gradients,
                            const gradmq_outcome_t *outcomes, size_t count, uint64_t version)
{
    for (size_t i = 0; i < RECORDERS; i++) {
        gradmq_reason_t why = {0};
        gradmq_recorder_t *recorder = s_recorder (self, i);
        if (recorder)
            s_look_and_owe (self, i,
                            s_write_gradients (recorder, gradients, outcomes, count, version, &why),
                            &why);
    }
}

void
gradmq_recording_contribution (gradmq_engine_t *self, gradmq_entry_t *entry)
{
    for (size_t i = 0; i < RECORDERS; i++) {
        gradmq_reason_t why = {0};
        gradmq_recorder_t *recorder = s_recorder (self, i);
        if (recorder)
            s_look (
                self, i,
                gradmq_recorder_contribution (recorder, &entry->gradient, &entry->lsns [i], &why),
                &why);
    }
}

void
gradmq_recording_open_step (gradmq_engine_t *self)
{
    for (gradmq_entry_t *entry = self->open.first; entry; entry = entry->next) {
        gradmq_reason_t why = {0};
        s_look (self, JOURNAL,
                gradmq_recorder_contribution (self->journal.recorder, &entry->gradient,
                                              &entry->lsns [JOURNAL], &why),
                &why);
    }
}

static gradmq_err_t
s_write_step (gradmq_recorder_t *recorder, size_t which, gradmq_entry_t *const *entries,
              size_t count, gradmq_reason_t *reason)
{
    uint64_t *lsns = malloc (count * sizeof *lsns);
    if (!lsns)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a record");
    for (size_t i = 0; i < count; i++)
        lsns [i] = entries [i]->lsns [which];
    gradmq_err_t err = gradmq_recorder_step (recorder, lsns, count, reason);
    free (lsns);
    return err ? err : gradmq_recorder_check (recorder, reason);
}

void
gradmq_recording_step (gradmq_engine_t *self, gradmq_entry_t *const *entries, size_t count,
                       gradmq_err_t code)
{
    for (size_t i = 0; i < RECORDERS; i++) {
        gradmq_recorder_t *recorder = s_recorder (self, i);
        gradmq_reason_t why = {0};
        if (!recorder)
            continue;
        //  A step for which there was no memory would be made by a replay.
        gradmq_err_t err = code == GRADMQ_ERR_MEMORY
                               ? gradmq_recorder_drop (recorder, &why)
                               : s_write_step (recorder, i, entries, count, &why);
        s_look_and_owe (self, i, err, &why);
    }
}
