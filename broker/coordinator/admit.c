#include "coordinator/engine.h"

#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "core/log.h"

#include <inttypes.h>
#include <string.h>

enum { TOLD_A_SECOND = 10 };

//  True at most ten times in each second that *begin_ms starts.
static bool
s_may_tell (uint64_t now_ms, uint64_t *begin_ms, unsigned *told)
{
    if (now_ms - *begin_ms >= 1000) {
        *begin_ms = now_ms;
        *told = 0;
    }
    return (*told)++ < TOLD_A_SECOND;
}

void
gradmq_engine_malformed (gradmq_engine_t *self, gradmq_err_t code, const char *message,
                         const char *peer)
{
    gradmq_count (&self->counters, GRADMQ_COUNTER_malformed, 1);
    if (!s_may_tell (gradmq_clock_ms (&self->clock), &self->malformed_ms, &self->malformed_sent))
        return;
    gradmq_log (GRADMQ_LOG_WARNING, "a message from %s was dropped: %s: %s",
                peer ? peer : "nobody known", gradmq_err_name (code), message);
    gradmq_publisher_malformed (self->publisher, self, code, message, peer);
}

gradmq_err_t
gradmq_engine_check_name (const gradmq_permit_t *permit, const char *worker,
                          gradmq_reason_t *reason)
{
    if (gradmq_permit_names (permit, worker))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_PERMISSION,
                          "the key of %s may not be used by a worker named %.64s, only by %.200s",
                          permit->name, worker, permit->workers);
}

void
gradmq_engine_forbidden (gradmq_engine_t *self, const gradmq_reason_t *reason, const char *peer)
{
    gradmq_count (&self->counters, GRADMQ_COUNTER_forbidden, 1);
    if (!s_may_tell (gradmq_clock_ms (&self->clock), &self->forbidden_ms, &self->forbidden_sent))
        return;
    gradmq_log (GRADMQ_LOG_WARNING, "a message from %s was refused: %s",
                peer ? peer : "nobody known", reason->text);
    gradmq_publisher_malformed (self->publisher, self, reason->code, reason->text, peer);
}

void
gradmq_engine_tell (gradmq_engine_t *self, gradmq_member_t *member, gradmq_notice_t notice,
                    uint64_t sequence, gradmq_err_t code, const char *message)
{
    if (!s_may_tell (gradmq_clock_ms (&self->clock), &member->notices_ms, &member->notices_sent))
        return;
    gradmq_notice_args_t args = {
        .notice = notice, .message = message, .member = member, .sequence = sequence, .code = code};
    gradmq_publisher_notice (self->publisher, self, &args);
}

//  Strangers share what may be told of them, so that nobody is told more for inventing names.
void
gradmq_engine_tell_stranger (gradmq_engine_t *self, const gradmq_gradient_t *gradient,
                             gradmq_notice_t notice, gradmq_err_t code, const char *message)
{
    if (!s_may_tell (gradmq_clock_ms (&self->clock), &self->strangers_ms, &self->strangers_sent))
        return;
    gradmq_member_t stranger = {.incarnation = gradient->incarnation};
    snprintf (stranger.name, sizeof stranger.name, "%s", gradient->worker);
    gradmq_notice_args_t args = {.notice = notice,
                                 .message = message,
                                 .member = &stranger,
                                 .sequence = gradient->sequence,
                                 .code = code};
    gradmq_publisher_notice (self->publisher, self, &args);
}

static gradmq_admission_t
s_away (gradmq_engine_t *self, gradmq_member_t *member, uint64_t sequence, gradmq_err_t code,
        gradmq_reason_t *reason)
{
    gradmq_count (&self->counters, GRADMQ_COUNTER_turned_away, 1);
    gradmq_count_code (&self->counters, GRADMQ_BY_CODE_turned_away_by, code);
    gradmq_refuse (reason, code, "sequence %" PRIu64 " of worker %s was turned away: %s", sequence,
                   member->name, gradmq_err_text (code));
    gradmq_window_turn_away (&member->window, sequence, code);
    gradmq_engine_has_news (self, member);
    gradmq_engine_tell (self, member, GRADMQ_NOTICE_TURNED_AWAY, sequence, code,
                        gradmq_err_text (code));
    return GRADMQ_ADMIT_AWAY;
}

//  There is no member to attribute it to, but there is a name to tell.
static gradmq_admission_t
s_stranger (gradmq_engine_t *self, const gradmq_gradient_t *gradient, gradmq_err_t code,
            const gradmq_reason_t *reason)
{
    gradmq_count (&self->counters, GRADMQ_COUNTER_turned_away, 1);
    gradmq_count_code (&self->counters, GRADMQ_BY_CODE_turned_away_by, code);
    gradmq_engine_tell_stranger (self, gradient, GRADMQ_NOTICE_TURNED_AWAY, code, reason->text);
    return GRADMQ_ADMIT_AWAY;
}

//  What was refused still answers for its worker, but in its turn: as an empty entry behind what it
//  sent before. Without memory it does not answer, and its next gradient will.
static void
s_answer_in_turn (gradmq_engine_t *self, gradmq_member_t *member, const gradmq_gradient_t *gradient,
                  gradmq_err_t code)
{
    if (!self->sync.policy->answer || member->progress.refusals == GRADMQ_RECEIVE_WINDOW)
        return;
    gradmq_entry_t *entry = gradmq_queue_new_entry (&self->queue);
    if (!entry)
        return;
    gradmq_gradient_t *answer = &entry->gradient;
    memcpy (answer->worker, gradient->worker, sizeof answer->worker);
    answer->kind = GRADMQ_KIND_SKIP;
    answer->incarnation = gradient->incarnation;
    answer->sequence = gradient->sequence;
    answer->has_base = gradient->has_base;
    answer->base_epoch = gradient->base_epoch;
    answer->base_version = gradient->base_version;
    answer->has_clock = gradient->has_clock;
    answer->clock = gradient->clock;
    answer->last_of_clock = gradient->last_of_clock || gradient->kind == GRADMQ_KIND_SKIP;
    entry->refused = true;
    entry->not_finite = code == GRADMQ_ERR_NON_FINITE;
    member->progress.refusals++;
    gradmq_queue_push (&self->queue, &entry);
}

static gradmq_admission_t
s_refused (gradmq_engine_t *self, gradmq_member_t *member, const gradmq_gradient_t *gradient,
           gradmq_err_t code, const char *message)
{
    uint64_t sequence = gradient->sequence;
    gradmq_count (&self->counters, GRADMQ_COUNTER_gradients_received, 1);
    gradmq_count (&self->counters, GRADMQ_COUNTER_refused, 1);
    gradmq_count_code (&self->counters, GRADMQ_BY_CODE_refused_by, code);
    gradmq_window_receive (&member->window, sequence);
    gradmq_window_dispose (&member->window, sequence, GRADMQ_REFUSED, code);
    member->disposed [GRADMQ_REFUSED]++;
    member->refused_by [gradmq_counted_code (code)]++;
    gradmq_journal_disposed (self, gradient, GRADMQ_REFUSED, code);
    gradmq_engine_has_news (self, member);
    gradmq_engine_tell (self, member, GRADMQ_NOTICE_REFUSED, sequence, code, message);
    if (gradmq_engine_answers (self, code))
        s_answer_in_turn (self, member, gradient, code);
    return GRADMQ_ADMIT_REFUSED;
}

gradmq_err_t
gradmq_engine_check (const gradmq_engine_t *self, gradmq_gradient_t *gradient,
                     gradmq_reason_t *reason)
{
    gradmq_layout_t *layout = gradmq_model_layout (self->model);
    if (!layout)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL, "no model is loaded yet");
    gradmq_err_t err = gradmq_gradient_check (gradient, layout, reason);
    if (!err)
        err = gradmq_step_admit (self->step, self->model, gradient, reason);
    if (!err)
        err = gradmq_engine_check_turn (self, gradient, reason);
    if (!err)
        err = gradmq_step_check_values (self->step, gradient, layout, reason);
    return err;
}

//  True when one more gradient of this worker may wait: within its credit, and within the queue, which
//  may be full of what others sent when they were fewer. One slot is always kept.
//    source  rules C-2, C-3
static bool
s_room (const gradmq_engine_t *self, const gradmq_member_t *member, uint64_t size)
{
    const gradmq_settings_t *settings = &self->settings;
    uint64_t gradients = member->held_gradients + member->earlier_gradients;
    uint64_t bytes = member->held_bytes + member->earlier_bytes + size;
    if (gradients == 0)
        return true;
    return gradients < gradmq_members_credit_gradients (self->members, settings->queue_gradients)
           && bytes <= gradmq_members_credit_bytes (self->members, settings->queue_bytes)
           && gradmq_engine_kept (self) < settings->queue_gradients
           && gradmq_engine_kept_bytes (self) + size <= settings->queue_bytes;
}

//  Checks 5 to 8: where a sequence stands and whether there is room.
//    returns OK, or the code it is turned away with; *duplicate says that it is one
static gradmq_err_t
s_place (const gradmq_engine_t *self, const gradmq_member_t *member,
         const gradmq_gradient_t *gradient, bool *duplicate)
{
    gradmq_sequence_t place = gradmq_window_classify (&member->window, gradient->sequence);
    *duplicate = place == GRADMQ_SEQUENCE_DUPLICATE;
    if (*duplicate)
        return GRADMQ_OK;
    if (place == GRADMQ_SEQUENCE_TOO_FAR)
        return GRADMQ_ERR_WINDOW;
    if (self->state == GRADMQ_STATE_CLOSING)
        return GRADMQ_ERR_CLOSED;
    return s_room (self, member, gradient->payload.bytes) ? GRADMQ_OK : GRADMQ_ERR_QUEUE_FULL;
}

//  Queue a gradient that passed everything.
static gradmq_admission_t
s_enqueue (gradmq_engine_t *self, gradmq_member_t *member, gradmq_entry_t **entry_p)
{
    gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    gradmq_window_receive (&member->window, gradient->sequence);
    gradmq_members_hold (member, gradient->payload.bytes);
    member->base_version = gradient->has_base ? gradient->base_version : member->base_version;
    if (gradient->has_clock)
        member->clock = gradient->clock;
    gradmq_count (&self->counters, GRADMQ_COUNTER_gradients_received, 1);
    gradmq_count (&self->counters, GRADMQ_COUNTER_gradients_bytes, gradient->payload.bytes);
    gradmq_engine_has_news (self, member);
    gradmq_queue_push (&self->queue, entry_p);
    return GRADMQ_ADMIT_QUEUED;
}

//  Checks 2 to 12 for a gradient whose identity could be read.
static gradmq_admission_t
s_admit (gradmq_engine_t *self, gradmq_entry_t **entry_p, gradmq_err_t fault,
         gradmq_reason_t *reason)
{
    gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    gradmq_member_t *member;
    gradmq_reason_t stranger;
    gradmq_err_t err = gradmq_members_find (self->members, gradient->worker, gradient->incarnation,
                                            &member, &stranger);
    if (err) {
        *reason = stranger;
        return s_stranger (self, gradient, err, reason);
    }
    uint64_t sequence = gradient->sequence;
    uint64_t now_ms = gradmq_clock_ms (&self->clock);
    gradmq_members_renew (self->members, member, now_ms, self->settings.lease_ms);
    uint64_t lost = gradmq_window_low_water (&member->window, gradient->low_water);
    gradmq_count (&self->counters, GRADMQ_COUNTER_lost, lost);
    bool duplicate;
    err = s_place (self, member, gradient, &duplicate);
    if (duplicate) {
        gradmq_count (&self->counters, GRADMQ_COUNTER_duplicates, 1);
        gradmq_engine_has_news (self, member);
        return GRADMQ_ADMIT_DUPLICATE;
    }
    if (err)
        return s_away (self, member, sequence, err, reason);
    err = fault ? fault : gradmq_engine_check (self, gradient, reason);
    if (err == GRADMQ_ERR_MEMORY)
        return s_away (self, member, sequence, err, reason);
    if (err)
        return s_refused (self, member, gradient, err, gradmq_reason_text (reason));
    return s_enqueue (self, member, entry_p);
}

gradmq_admission_t
gradmq_engine_admit (gradmq_engine_t *self, gradmq_entry_t **entry_p, gradmq_err_t fault,
                     gradmq_reason_t *reason)
{
    gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    gradmq_admission_t admission = GRADMQ_ADMIT_MALFORMED;
    if (strcmp (gradient->model, self->name) != 0)
        gradmq_refuse (reason, GRADMQ_ERR_MODEL, "this coordinator owns model %s, not %s",
                       self->name, gradient->model);
    else if (gradient->sequence == 0 || gradient->low_water > gradient->sequence)
        gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                       "sequence %" PRIu64 " with low_water %" PRIu64 " of worker %s; the first "
                       "sequence is 1, and low_water is not above it",
                       gradient->sequence, gradient->low_water, gradient->worker);
    else
        admission = s_admit (self, entry_p, fault, reason);
    gradmq_queue_free_entry (&self->queue, entry_p);
    return admission;
}

gradmq_admission_t
gradmq_engine_gradient (gradmq_engine_t *self, gradmq_entry_t **entry_p,
                        const gradmq_permit_t *sender, const void *header, size_t size,
                        gradmq_err_t trouble, gradmq_reason_t *reason)
{
    gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    gradmq_payload_t payload = gradient->payload;
    bool attributable = false;
    *reason = (gradmq_reason_t){0};
    gradmq_err_t err = gradmq_wire_decode_gradient (gradient, header, size, &attributable, reason);
    gradient->payload = payload;
    if (err && !attributable) {
        gradmq_queue_free_entry (&self->queue, entry_p);
        return GRADMQ_ADMIT_MALFORMED;
    }
    gradmq_reason_t forbidden;
    if (sender && gradmq_engine_check_name (sender, gradient->worker, &forbidden)) {
        *reason = forbidden;
        gradmq_queue_free_entry (&self->queue, entry_p);
        return GRADMQ_ADMIT_FORBIDDEN;
    }
    if (!err && trouble)
        err = gradmq_refuse (reason, trouble, "its payload could not be taken: %s",
                             gradmq_err_text (trouble));
    return gradmq_engine_admit (self, entry_p, err, reason);
}

gradmq_err_t
gradmq_engine_add_local (gradmq_engine_t *self, gradmq_entry_t **entry_p, gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
    gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    gradmq_err_t err = gradmq_engine_check (self, gradient, reason);
    if (err)
        return err;
    const gradmq_settings_t *settings = &self->settings;
    uint64_t kept = gradmq_engine_kept (self);
    uint64_t bytes = gradmq_engine_kept_bytes (self) + gradient->payload.bytes;
    if (kept && (kept >= settings->queue_gradients || bytes > settings->queue_bytes))
        return gradmq_refuse (reason, GRADMQ_ERR_QUEUE_FULL,
                              "%" PRIu64 " gradients wait already; start the coordinator, or wait",
                              kept);
    gradmq_count (&self->counters, GRADMQ_COUNTER_gradients_received, 1);
    gradmq_count (&self->counters, GRADMQ_COUNTER_gradients_bytes, gradient->payload.bytes);
    (*entry_p)->local = true;
    gradmq_queue_push (&self->queue, entry_p);
    return GRADMQ_OK;
}
