#include "coordinator/engine.h"

#include "coordinator/checkpoints.h"
#include "coordinator/journal.h"
#include "coordinator/publisher.h"
#include "coordinator/recording.h"
#include "core/log.h"

#include <inttypes.h>
#include <string.h>

//  What a Description needs beside its tensors (endpoints and tables, with room for more), and for each
//  of them beside name and dimensions.
enum { DESCRIPTION_HEAD_BYTES = 64 << 10, DESCRIPTION_TENSOR_BYTES = 9 };

static gradmq_err_t
s_closed (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_CLOSED, "the coordinator is closing");
}

//  A change of state is told at once.
static void
s_enter (gradmq_engine_t *self, gradmq_state_t state)
{
    self->state = state;
    gradmq_publisher_heartbeat (self->publisher, self);
}

//  Another policy or rule drops the open step by name.
void
gradmq_engine_take_settings (gradmq_engine_t *self, const gradmq_settings_t *settings)
{
    bool another = strcmp (self->settings.policy, settings->policy) != 0
                   || strcmp (self->settings.rule, settings->rule) != 0;
    if (another && (self->open.count || self->sync.begun)) {
        uint64_t dropped = gradmq_engine_drop_open (self, GRADMQ_DISCARDED, GRADMQ_OK);
        gradmq_engine_notice (self, GRADMQ_NOTICE_CLEARED,
                              "the policy or the rule has changed; the open step was dropped",
                              dropped);
    }
    self->settings = *settings;
    const gradmq_rule_t *rule = gradmq_rule_find (settings->rule);
    gradmq_sync_set (&self->sync, settings, rule ? gradmq_rule_least (rule, settings) : 1);
    bool merges = gradmq_policy_takes (self->sync.policy, GRADMQ_KIND_MODEL_PARAMETERS);
    gradmq_model_retain (self->model, merges ? (size_t) settings->pinned_snapshots : 0);
    gradmq_engine_check_open (self);
}

gradmq_err_t
gradmq_engine_set_parameters (gradmq_engine_t *self, const gradmq_settings_t *change,
                              const char *const *reset, size_t reset_count,
                              const char *unset [GRADMQ_UNSET_MAX], size_t *unset_count,
                              gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    gradmq_settings_t result;
    gradmq_err_t err = gradmq_resolve (&self->settings, change, reset, reset_count, &result, unset,
                                       unset_count, reason);
    if (!err)
        err = gradmq_step_try (self->step, &result, gradmq_model_layout (self->model), reason);
    if (err)
        return err;
    err = gradmq_checkpoints_settle (self, &result, reason);
    if (err) {
        gradmq_step_undo (self->step);
        return err;
    }
    gradmq_step_keep (self->step);
    gradmq_engine_take_settings (self, &result);
    gradmq_recording_settings (self);
    gradmq_checkpoints_settled (self);
    self->revision++;
    self->settings_epoch = gradmq_model_epoch (self->model);
    self->settings_version = gradmq_model_version (self->model);
    gradmq_publisher_changed (self->publisher, self);
    gradmq_engine_notice (self, GRADMQ_NOTICE_SETTINGS, "the settings have changed", 0);
    return GRADMQ_OK;
}

//  Nobody could use a model whose description does not fit into a reply.
static gradmq_err_t
s_check_describable (const gradmq_layout_t *layout, gradmq_reason_t *reason)
{
    size_t bytes = DESCRIPTION_HEAD_BYTES, count = gradmq_layout_count (layout);
    for (size_t i = 0; i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        bytes += DESCRIPTION_TENSOR_BYTES + strlen (tensor->name);
        for (uint32_t k = 0; k < tensor->rank; k++)
            for (uint64_t left = tensor->shape [k]; left; left >>= 7)
                bytes++;
    }
    if (bytes <= GRADMQ_HEADER_BYTES_MAX)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE,
                          "names and shapes of %zu tensors take %zu bytes of a header; it can have "
                          "%u, so use shorter names",
                          count, bytes, GRADMQ_HEADER_BYTES_MAX);
}

void
gradmq_engine_loaded (gradmq_engine_t *self, const char *message)
{
    self->settings_epoch = gradmq_model_epoch (self->model);
    self->settings_version = 0;
    gradmq_publisher_changed (self->publisher, self);
    gradmq_engine_notice (self, GRADMQ_NOTICE_EPOCH, message, 0);
    if (self->state == GRADMQ_STATE_EMPTY)
        s_enter (self, GRADMQ_STATE_STOPPED);
    gradmq_journal_commit (self);
    gradmq_publisher_update (self->publisher, self, true);
    gradmq_log (GRADMQ_LOG_INFO, "model %s: %" PRIu64 " parameters in %zu tensors, epoch %" PRIu64,
                self->name, gradmq_layout_elements (gradmq_model_layout (self->model)),
                gradmq_layout_count (gradmq_model_layout (self->model)),
                gradmq_model_epoch (self->model));
}

gradmq_err_t
gradmq_engine_load (gradmq_engine_t *self, gradmq_layout_t *layout, const gradmq_dtype_t *dtype,
                    const gradmq_payload_t *payload, gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    //  A few octets may name a huge layout: its length is looked at before memory is taken.
    gradmq_err_t err = gradmq_payload_check_dense (payload, layout, dtype, reason);
    if (!err)
        err = s_check_describable (layout, reason);
    if (!err)
        err = gradmq_step_prepare (self->step, layout, reason);
    if (!err)
        err = gradmq_model_load (self->model, layout, dtype, payload, reason);
    if (err)
        return err;
    gradmq_step_reset (self->step);
    gradmq_engine_dissolve (self);
    gradmq_recording_loaded (self);
    gradmq_engine_loaded (self, "a model was loaded; a new epoch has begun");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_engine_take (gradmq_engine_t *self, gradmq_snapshot_t **snapshot_p, gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    const gradmq_layout_t *layout = gradmq_snapshot_layout (*snapshot_p);
    gradmq_err_t err = s_check_describable (layout, reason);
    if (!err)
        err = gradmq_step_prepare (self->step, layout, reason);
    if (!err)
        err = gradmq_model_take (self->model, snapshot_p, reason);
    if (err)
        return err;
    gradmq_step_reset (self->step);
    gradmq_engine_dissolve (self);
    gradmq_recording_loaded (self);
    gradmq_engine_loaded (self, "a model was loaded; a new epoch has begun");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_engine_start (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    switch (self->state) {
        case GRADMQ_STATE_EMPTY:
            return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL,
                                  "nothing can be started before a model is loaded");
        case GRADMQ_STATE_RUNNING:
            return gradmq_refuse (reason, GRADMQ_ERR_STATE, "the model is running already");
        case GRADMQ_STATE_CLOSING:
            return s_closed (reason);
        case GRADMQ_STATE_STOPPED:
            break;
    }
    gradmq_sync_start (&self->sync, gradmq_clock_ms (&self->clock));
    gradmq_journal_running (self, true);
    s_enter (self, GRADMQ_STATE_RUNNING);
    gradmq_engine_notice (self, GRADMQ_NOTICE_STARTED, "gradients are applied from now on",
                          gradmq_engine_kept (self));
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_engine_stop (gradmq_engine_t *self, gradmq_reason_t *reason)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    if (self->state != GRADMQ_STATE_RUNNING)
        return GRADMQ_OK;
    gradmq_sync_stop (&self->sync, gradmq_clock_ms (&self->clock));
    gradmq_journal_running (self, false);
    s_enter (self, GRADMQ_STATE_STOPPED);
    gradmq_engine_notice (self, GRADMQ_NOTICE_STOPPED, "no gradient is applied until a start",
                          gradmq_engine_kept (self));
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_engine_clear (gradmq_engine_t *self, bool new_epoch, uint64_t *cleared,
                     gradmq_reason_t *reason)
{
    *cleared = 0;
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    if (new_epoch) {
        gradmq_err_t err = gradmq_model_new_epoch (self->model);
        if (err == GRADMQ_ERR_NO_MODEL)
            return gradmq_refuse (reason, err, "there is no model, so there is no epoch to end");
        if (err)
            return gradmq_refuse (reason, err, "%s", gradmq_err_text (err));
        self->settings_epoch = gradmq_model_epoch (self->model);
        self->settings_version = 0;
    }
    gradmq_engine_dissolve (self);
    if (new_epoch)
        gradmq_recording_epoch (self);
    gradmq_outcome_t dropped = {.disposition = GRADMQ_DISCARDED};
    for (gradmq_entry_t *entry; (entry = gradmq_queue_pop (&self->queue));)
        if (entry->refused)
            gradmq_engine_forget_refused (self, &entry);
        else {
            gradmq_engine_dispose (self, &entry, &dropped);
            ++*cleared;
        }
    if (new_epoch) {
        gradmq_engine_notice (self, GRADMQ_NOTICE_EPOCH,
                              "the queue was cleared; a new epoch has begun", *cleared);
        gradmq_journal_commit (self);
        gradmq_publisher_update (self->publisher, self, true);
    }
    gradmq_engine_notice (self, GRADMQ_NOTICE_CLEARED, "queued gradients were dropped", *cleared);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_engine_reset (gradmq_engine_t *self, uint64_t *cleared, gradmq_reason_t *reason)
{
    *cleared = 0;
    if (self->state == GRADMQ_STATE_CLOSING)
        return s_closed (reason);
    if (gradmq_policy_alone (self->sync.policy, &self->settings))
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "policy %s makes a step of each gradient; there is no open step",
                              self->settings.policy);
    *cleared = gradmq_engine_drop_open (self, GRADMQ_DISCARDED, GRADMQ_OK);
    gradmq_engine_notice (self, GRADMQ_NOTICE_CLEARED, "the open step was dropped", *cleared);
    return GRADMQ_OK;
}

void
gradmq_engine_close (gradmq_engine_t *self)
{
    if (self->state == GRADMQ_STATE_CLOSING)
        return;
    self->checkpoints.running_at_end = self->state == GRADMQ_STATE_RUNNING;
    gradmq_engine_dissolve (self);
    gradmq_recording_end (self);
    for (gradmq_entry_t *entry; (entry = gradmq_queue_pop (&self->queue));)
        gradmq_queue_free_entry (&self->queue, &entry);
    s_enter (self, GRADMQ_STATE_CLOSING);
    gradmq_engine_notice (self, GRADMQ_NOTICE_CLOSING, "the coordinator is closing", 0);
}
