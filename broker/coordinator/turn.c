#include "coordinator/engine.h"

#include "coordinator/publisher.h"
#include "coordinator/recording.h"

#include <string.h>

//  What a policy looks at, but for who sent it.
static gradmq_offer_t
s_clock_and_base (const gradmq_engine_t *self, const gradmq_gradient_t *gradient)
{
    return (gradmq_offer_t){
        .has_clock = gradient->has_clock,
        .clock = gradient->clock,
        .last_of_clock = gradient->last_of_clock || gradient->kind == GRADMQ_KIND_SKIP,
        .stale = gradient->has_base && gradient->base_epoch == gradmq_model_epoch (self->model)
                 && gradient->base_version < gradmq_model_version (self->model),
    };
}

//  A SKIP and what was refused have no other claim than their turn. The latter stands here as a SKIP.
static gradmq_offer_t
s_offer (const gradmq_engine_t *self, const gradmq_entry_t *entry)
{
    const gradmq_gradient_t *gradient = &entry->gradient;
    gradmq_offer_t offer = s_clock_and_base (self, gradient);
    gradmq_reason_t unknown;
    if (entry->refused)
        offer.last_of_clock = gradient->last_of_clock;
    offer.not_finite = entry->not_finite;
    if (entry->local)
        return offer;
    offer.worker = gradmq_members_named (self->members, gradient->worker);
    if (gradmq_members_recall (self->members, gradient->worker, gradient->incarnation,
                               &offer.member, &unknown))
        offer.member = NULL;
    return offer;
}

gradmq_err_t
gradmq_engine_check_turn (const gradmq_engine_t *self, const gradmq_gradient_t *gradient,
                          gradmq_reason_t *reason)
{
    gradmq_offer_t offer = s_clock_and_base (self, gradient);
    return gradmq_sync_late (&self->sync, &offer, reason) ? GRADMQ_ERR_LATE : GRADMQ_OK;
}

//  True when the open step has a gradient of this worker, of whichever incarnation.
static bool
s_takes_part (const gradmq_engine_t *self, const gradmq_entry_t *entry)
{
    for (const gradmq_entry_t *e = self->open.first; e && !entry->local; e = e->next)
        if (!e->local && strcmp (e->gradient.worker, entry->gradient.worker) == 0)
            return true;
    return false;
}

static bool
s_must_wait (const gradmq_engine_t *self, const gradmq_entry_t *entry)
{
    const gradmq_rule_t *rule = gradmq_rule_find (self->settings.rule);
    return rule && rule->compares && !entry->refused && s_takes_part (self, entry);
}

bool
gradmq_engine_answers (const gradmq_engine_t *self, gradmq_err_t code)
{
    return self->sync.policy->answers_anyway
           || (code != GRADMQ_ERR_EPOCH && code != GRADMQ_ERR_LATE && code != GRADMQ_ERR_STALE
               && code != GRADMQ_ERR_LAYOUT && code != GRADMQ_ERR_NO_MODEL);
}

//  It is settled without taking part.
static void
s_settle (gradmq_engine_t *self, gradmq_entry_t **entry_p, const gradmq_offer_t *offer,
          const gradmq_outcome_t *outcome, uint64_t now_ms)
{
    if (gradmq_engine_answers (self, outcome->code))
        gradmq_sync_answer (&self->sync, offer, false, now_ms);
    gradmq_engine_dispose (self, entry_p, outcome);
}

static void
s_take (gradmq_engine_t *self, gradmq_entry_t **entry_p, const gradmq_offer_t *offer,
        uint64_t now_ms)
{
    gradmq_outcome_t outcome;
    if (!gradmq_step_turn (self->step, self->model, &(*entry_p)->gradient, &outcome)) {
        s_settle (self, entry_p, offer, &outcome, now_ms);
        return;
    }
    if (self->open.count == GRADMQ_CONTRIBUTIONS_MAX) {
        outcome.disposition = GRADMQ_REFUSED;
        outcome.code = gradmq_refuse (&outcome.reason, GRADMQ_ERR_BUSY,
                                      "the open step has %u contributions, which is the limit",
                                      GRADMQ_CONTRIBUTIONS_MAX);
        s_settle (self, entry_p, offer, &outcome, now_ms);
        return;
    }
    gradmq_sync_answer (&self->sync, offer, true, now_ms);
    gradmq_recording_contribution (self, *entry_p);
    gradmq_queue_push (&self->open, entry_p);
}

void
gradmq_engine_forget_refused (gradmq_engine_t *self, gradmq_entry_t **entry_p)
{
    gradmq_offer_t offer = s_offer (self, *entry_p);
    if (offer.member && offer.member->progress.refusals)
        offer.member->progress.refusals--;
    gradmq_queue_free_entry (&self->queue, entry_p);
}

//  One that was refused when it came has its turn, so that its worker has answered. It is out of date as
//  any other would be.
static void
s_take_refused (gradmq_engine_t *self, gradmq_entry_t **entry_p, const gradmq_offer_t *offer,
                gradmq_err_t code, uint64_t now_ms)
{
    const gradmq_gradient_t *gradient = &(*entry_p)->gradient;
    if (gradient->has_base && gradient->base_epoch != gradmq_model_epoch (self->model))
        code = GRADMQ_ERR_EPOCH;
    if (gradmq_engine_answers (self, code))
        gradmq_sync_answer (&self->sync, offer, false, now_ms);
    gradmq_engine_forget_refused (self, entry_p);
}

void
gradmq_engine_turn (gradmq_engine_t *self)
{
    uint64_t now_ms = gradmq_clock_ms (&self->clock);
    gradmq_entry_t *entry = gradmq_queue_pop (&self->queue);
    gradmq_offer_t offer = s_offer (self, entry);
    gradmq_outcome_t outcome = {.disposition = GRADMQ_REFUSED};
    gradmq_turn_t turn = GRADMQ_TURN_HOLD;
    if (s_must_wait (self, entry))
        gradmq_sync_hold (&self->sync, offer.member);
    else
        turn = gradmq_sync_turn (&self->sync, &self->settings, &offer, now_ms, &outcome.reason);
    if (turn == GRADMQ_TURN_HOLD) {
        gradmq_queue_push (&self->held, &entry);
        return;
    }
    if (entry->refused) {
        s_take_refused (self, &entry, &offer, outcome.reason.code, now_ms);
        return;
    }
    if (turn == GRADMQ_TURN_TAKE) {
        s_take (self, &entry, &offer, now_ms);
        return;
    }
    outcome.code = outcome.reason.code;
    s_settle (self, &entry, &offer, &outcome, now_ms);
}

//  True when the entry may be applied now. Its worker has then answered.
static bool
s_passes (gradmq_engine_t *self, gradmq_entry_t *entry)
{
    uint64_t now_ms = gradmq_clock_ms (&self->clock);
    gradmq_offer_t offer = s_offer (self, entry);
    gradmq_reason_t reason;
    if (gradmq_sync_turn (&self->sync, &self->settings, &offer, now_ms, &reason)
        == GRADMQ_TURN_HOLD)
        return false;
    entry->had_turn = true;
    gradmq_sync_answer (&self->sync, &offer, false, now_ms);
    return true;
}

//  What was refused has answered by having its turn.
static bool
s_drop_refused (gradmq_engine_t *self, gradmq_entry_t *before, gradmq_entry_t *entry)
{
    if (!entry->refused)
        return false;
    entry = gradmq_queue_take (&self->queue, before);
    gradmq_engine_forget_refused (self, &entry);
    return true;
}

size_t
gradmq_engine_pass (gradmq_engine_t *self, gradmq_gradient_t **gradients, size_t most)
{
    size_t count = 0;
    bool asks = self->sync.policy->turn != NULL;
    gradmq_entry_t *before = NULL, *entry = self->queue.first, *next;
    for (; entry && count < most; entry = next) {
        next = entry->next;
        if (asks && !entry->had_turn && self->sync.release)
            break;  //  what is held came before it
        if (asks && !entry->had_turn && !s_passes (self, entry)) {
            gradmq_entry_t *held = gradmq_queue_take (&self->queue, before);
            gradmq_queue_push (&self->held, &held);
            continue;
        }
        if (s_drop_refused (self, before, entry))
            continue;
        gradients [count++] = &entry->gradient;
        before = entry;
    }
    return count;
}
