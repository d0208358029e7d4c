#include "coordinator/journal.h"

#include "checkpoint/file.h"
#include "coordinator/recording.h"
#include "core/failpoint.h"
#include "core/log.h"
#include "sync/muster.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

//  The name of a journal: this, 20 digits, that.
#define S_FRONT "journal-"
#define S_END ".records"

//  What the process ends with when its journal fails: EX_IOERR of sysexits.
enum { EXIT_JOURNAL = 74 };

_Noreturn void
gradmq_journal_fail (const gradmq_reason_t *why)
{
    gradmq_log (GRADMQ_LOG_ERROR,
                "the journal cannot be written, so this process ends: %s. What was acknowledged is "
                "safe; workers send the rest again once it runs again",
                gradmq_reason_text (why));
    _Exit (EXIT_JOURNAL);
}

static void
s_look (gradmq_err_t err, const gradmq_reason_t *why)
{
    if (err)
        gradmq_journal_fail (why);
}

char *
gradmq_journal_path (const char *directory, uint64_t serial)
{
    char *path;
    if (asprintf (&path, "%s/" S_FRONT "%020" PRIu64 S_END, directory, serial) < 0)
        return NULL;
    return path;
}

//  --------------------------------------------------------------------------------------------
//  Whose folder it is

gradmq_err_t
gradmq_journal_lock (gradmq_engine_t *self, const char *directory, gradmq_reason_t *reason)
{
    gradmq_journal_t *journal = &self->journal;
    char *path = NULL;
    journal->directory = strdup (directory);
    if (!journal->directory || asprintf (&path, "%s/lock", directory) < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    journal->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int why = errno;
    free (path);
    if (journal->lock < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.300s: cannot keep anything there: %s",
                              directory, strerror (why));
    if (flock (journal->lock, LOCK_EX | LOCK_NB) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_BUSY,
                          "%.300s is in use by another process; each coordinator needs a folder of "
                          "its own",
                          directory);
}

void
gradmq_journal_unlock (gradmq_engine_t *self)
{
    gradmq_recorder_abandon (&self->journal.recorder);
    if (self->journal.directory && self->journal.lock >= 0)
        close (self->journal.lock);
    free (self->journal.directory);
    self->journal.directory = NULL;
}

//  --------------------------------------------------------------------------------------------
//  Begin and end

static gradmq_err_t
s_begin (gradmq_engine_t *self, const char *path, const gradmq_continues_t *continues,
         gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_recorder_continue (&self->journal.recorder, path, self->name,
                                                 self->model, self->step, continues, reason);
    if (err)
        return err;
    gradmq_recording_open_step (self);
    return gradmq_folder_sync (self->journal.directory, reason);
}

gradmq_err_t
gradmq_journal_begin (gradmq_engine_t *self, uint64_t serial, uint64_t before, uint64_t records,
                      gradmq_reason_t *reason)
{
    char *path = gradmq_journal_path (self->journal.directory, serial);
    char *workers = gradmq_muster_write (self->members);
    gradmq_continues_t continues = {.serial = serial,
                                    .before = before,
                                    .records = records,
                                    .workers = workers,
                                    .running = self->state == GRADMQ_STATE_RUNNING};
    gradmq_err_t err = path && workers
                           ? s_begin (self, path, &continues, reason)
                           : gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a journal");
    free (path);
    free (workers);
    self->journal.owes = false;
    self->journal.number = serial;
    return err;
}

void
gradmq_journal_end (gradmq_engine_t *self, uint64_t *records)
{
    gradmq_reason_t why = {0};
    *records = 0;
    if (self->journal.recorder)
        s_look (gradmq_recorder_close (&self->journal.recorder, records, NULL, &why), &why);
    self->journal.owes = false;
}

void
gradmq_journal_commit (gradmq_engine_t *self)
{
    gradmq_reason_t why = {0};
    if (!self->journal.owes || !self->journal.recorder)
        return;
    gradmq_failpoint ("journal-before-commit");
    s_look (gradmq_recorder_commit (self->journal.recorder, &why), &why);
    gradmq_failpoint ("journal-after-commit");
    self->journal.owes = false;
}

//  --------------------------------------------------------------------------------------------
//  What happens

void
gradmq_journal_joined (gradmq_engine_t *self, const gradmq_joined_member_t *joined)
{
    const gradmq_member_t *member = joined->member;
    gradmq_reason_t why = {0};
    //  One that came back goes on with what is known of it.
    uint64_t next = joined->returned ? 0 : member->window.settled_through + 1;
    if (self->journal.recorder)
        s_look (gradmq_recorder_joined (self->journal.recorder, member->name, member->incarnation,
                                        next, &why),
                &why);
}

void
gradmq_journal_gone (gradmq_engine_t *self, const gradmq_member_t *member)
{
    gradmq_reason_t why = {0};
    if (self->journal.recorder)
        s_look (
            gradmq_recorder_gone (self->journal.recorder, member->name, member->incarnation, &why),
            &why);
}

void
gradmq_journal_disposed (gradmq_engine_t *self, const gradmq_gradient_t *gradient,
                         gradmq_disposition_t disposition, gradmq_err_t code)
{
    if (!self->journal.recorder)
        return;
    gradmq_recorder_disposed (self->journal.recorder, gradient->worker, gradient->incarnation,
                              gradient->sequence, (uint32_t) disposition, (uint32_t) code);
    self->journal.owes = true;
}

void
gradmq_journal_running (gradmq_engine_t *self, bool running)
{
    gradmq_reason_t why = {0};
    if (!self->journal.recorder)
        return;
    s_look (gradmq_recorder_running (self->journal.recorder, running, &why), &why);
    self->journal.owes = true;
}

//  --------------------------------------------------------------------------------------------
//  What is in a folder

gradmq_err_t
gradmq_journal_list (gradmq_serials_t *list, const char *directory, gradmq_reason_t *reason)
{
    return gradmq_serials_list (list, directory, S_FRONT, S_END, reason);
}
