#include "coordinator/look.h"

#include "coordinator/checkpoints.h"
#include "coordinator/command.h"
#include "coordinator/reports.h"
#include "coordinator/self.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

//  What is asked, in the order of gradmq_look_t.
enum { STATUS, SETTINGS, WORKERS, ANSWERS };

//  One look on its way: filled by the actor, read by who asked.
typedef struct {
    bool whole;
    uint64_t after;
    gradmq_look_t *look;
    const char *directory;  //  of the state, as long as the coordinator is there; NULL: none
    gradmq_encoded_t answers [ANSWERS];
    gradmq_encoded_t reports [GRADMQ_REPORTS_KEPT];
    size_t report_count;
    gradmq_err_t err;
} s_look_t;

//  ------------------------------------------------------------------------------------------------
//  On the actor's thread

//  The answer to a request that only reads.
static gradmq_err_t
s_answer (gradmq_engine_t *engine, gradmq_command_t command, gradmq_encoded_t *to)
{
    gradmq_reason_t reason = {0};
    gradmq_reply_t reply = {.model = engine->name, .position = gradmq_engine_position (engine)};
    const gradmq_request_t request = {.command = command, .limit = GRADMQ_LOOK_WORKERS};
    gradmq_exchange_t exchange = {.engine = engine,
                                  .publisher = engine->publisher,
                                  .request = &request,
                                  .reply = &reply,
                                  .reason = &reason};
    gradmq_err_t err = gradmq_command_find (command)->run (&exchange);
    if (!err)
        err = gradmq_wire_encode_reply (&reply, &to->header, &to->size);
    for (size_t i = 0; i < exchange.scratch_count; i++)
        free (exchange.scratch [i]);
    return err;
}

//  Reasons are no part of ListWorkers: they are taken in the same order.
static gradmq_err_t
s_reasons (const gradmq_engine_t *engine, gradmq_look_t *look)
{
    gradmq_member_t *members [GRADMQ_LOOK_WORKERS];
    bool more;
    size_t count =
        gradmq_members_by_name (engine->members, "", members, GRADMQ_LOOK_WORKERS, &more);
    look->refused_by = calloc (count ? count : 1, sizeof *look->refused_by);
    if (!look->refused_by)
        return GRADMQ_ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        memcpy (look->refused_by [i], members [i]->refused_by, sizeof *look->refused_by);
    return GRADMQ_OK;
}

//  How old the newest checkpoint is, and where it is.
static void
s_look_at_state (const gradmq_engine_t *engine, s_look_t *self)
{
    const gradmq_checkpoints_t *checkpoints = &engine->checkpoints;
    self->directory = engine->journal.directory;
    self->look->checkpoint_age_s = NAN;
    if (checkpoints->whole && gradmq_settings_durable (&engine->settings))
        self->look->checkpoint_age_s =
            (double) (gradmq_clock_ms (&engine->clock) - checkpoints->whole_ms) / 1e3;
}

static gradmq_err_t
s_look_at_all (gradmq_engine_t *engine, s_look_t *self)
{
    static const gradmq_command_t commands [ANSWERS] = {
        GRADMQ_COMMAND_STATUS, GRADMQ_COMMAND_GET_PARAMETERS, GRADMQ_COMMAND_LIST_WORKERS};
    gradmq_look_t *look = self->look;
    look->counters = engine->counters;
    look->credit_gradients =
        gradmq_members_credit_gradients (engine->members, engine->settings.queue_gradients);
    look->credit_bytes =
        gradmq_members_credit_bytes (engine->members, engine->settings.queue_bytes);
    s_look_at_state (engine, self);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < ANSWERS && !err; i++)
        err = s_answer (engine, commands [i], &self->answers [i]);
    return err ? err : s_reasons (engine, look);
}

static void
s_run (gradmq_engine_t *engine, void *arguments)
{
    s_look_t *self = arguments;
    if (!engine->reports)
        engine->reports = gradmq_reports_new ();
    self->err = engine->reports ? GRADMQ_OK : GRADMQ_ERR_MEMORY;
    if (!self->err && self->whole)
        self->err = s_look_at_all (engine, self);
    if (self->err)
        return;
    self->report_count = gradmq_reports_copy (engine->reports, self->after, self->reports);
    self->look->reports = engine->reports->count;
}

//  ------------------------------------------------------------------------------------------------
//  On the thread of who asked

//  A file system may take its time, so the actor does not ask it.
static void
s_look_at_disk (s_look_t *self)
{
    struct statvfs disk;
    gradmq_look_t *look = self->look;
    look->free_bytes = look->size_bytes = NAN;
    if (!self->directory || statvfs (self->directory, &disk) != 0)
        return;
    look->free_bytes = (double) disk.f_bavail * (double) disk.f_frsize;
    look->size_bytes = (double) disk.f_blocks * (double) disk.f_frsize;
}

static gradmq_err_t
s_decode_answers (s_look_t *self, gradmq_reason_t *why)
{
    gradmq_reply_t *replies [ANSWERS] = {&self->look->status, &self->look->settings,
                                         &self->look->workers};
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < ANSWERS && !err; i++) {
        err = gradmq_wire_decode_reply (replies [i], self->answers [i].header,
                                        self->answers [i].size, why);
        if (err)
            *replies [i] = (gradmq_reply_t){0};
    }
    return err;
}

static gradmq_err_t
s_decode_reports (s_look_t *self, gradmq_reason_t *why)
{
    gradmq_look_t *look = self->look;
    look->steps = calloc (self->report_count + 1, sizeof *look->steps);
    if (!look->steps)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < self->report_count; i++) {
        gradmq_err_t err = gradmq_wire_decode_event (
            &look->steps [look->step_count], self->reports [i].header, self->reports [i].size, why);
        if (err)
            return err;
        look->step_count++;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_coordinator_look (gradmq_coordinator_t *self, bool whole, uint64_t after,
                         gradmq_look_t **look_p, gradmq_reason_t *why)
{
    s_look_t look = {.whole = whole, .after = after, .look = calloc (1, sizeof *look.look)};
    *look_p = NULL;
    if (!look.look)
        return gradmq_refuse (why, GRADMQ_ERR_MEMORY, "out of memory");
    look.look->whole = whole;
    gradmq_coordinator_call (self, s_run, &look);
    gradmq_err_t err = look.err;
    if (err)
        gradmq_refuse (why, err, "%s", gradmq_err_text (err));
    if (!err && whole) {
        s_look_at_disk (&look);
        err = s_decode_answers (&look, why);
    }
    if (!err)
        err = s_decode_reports (&look, why);
    for (size_t i = 0; i < ANSWERS; i++)
        free (look.answers [i].header);
    for (size_t i = 0; i < look.report_count; i++)
        free (look.reports [i].header);
    if (err)
        gradmq_look_destroy (&look.look);
    *look_p = look.look;
    return err;
}

void
gradmq_look_destroy (gradmq_look_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_look_t *self = *self_p;
    gradmq_reply_clear (&self->status);
    gradmq_reply_clear (&self->settings);
    gradmq_reply_clear (&self->workers);
    for (size_t i = 0; i < self->step_count; i++)
        gradmq_event_clear (&self->steps [i]);
    free (self->steps);
    free (self->refused_by);
    free (self);
    *self_p = NULL;
}
