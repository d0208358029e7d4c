#include "wire/event_body.h"

#include "gradmq/v1/event.pb-c.h"
#include "wire/ack.h"
#include "wire/message.h"
#include "wire/shape_rows.h"

#define MINE gradmq_step_metric_t
#define THEIRS Gradmq__V1__StepMetric
static const gradmq_row_t s_step_metric [] = {TEXT (name), SHOWN (mean), SHOWN (count),
                                              SHOWN (minimum), SHOWN (maximum)};
static const gradmq_shape_t s_step_metric_shape =
    GRADMQ_SHAPE (gradmq__v1__step_metric__descriptor, s_step_metric);
#undef MINE
#undef THEIRS

#define MINE gradmq_event_t

#define THEIRS Gradmq__V1__Heartbeat
static const gradmq_row_t s_heartbeat [] = {
    TEXT (model),
    ONE (position, position, &gradmq_shape_position),
    SHOWN_AS (heartbeat.state, state),
    TEXT_AS (heartbeat.why, why),
    TEXT_AS (heartbeat.durability, durability),
    NUMBER_AS (heartbeat.round, round),
    OPTIONAL_AS (heartbeat.deadline_ms, deadline_ms, heartbeat.has_deadline),
    NUMBER_AS (heartbeat.min_clock, min_clock),
    LIST_AS (heartbeat.waiting_for, waiting_for),
    NUMBER_AS (heartbeat.waiting_total, waiting_total),
    SHOWN_AS (heartbeat.members, members),
    SHOWN_AS (heartbeat.queued, queued),
    SHOWN_AS (heartbeat.settings_revision, settings_revision),
    SHOWN_AS (heartbeat.heartbeat_ms, heartbeat_ms),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Notice
static const gradmq_row_t s_notice [] = {
    TEXT (model),
    ONE (position, position, &gradmq_shape_position),
    SHOWN_AS (notice.notice, notice),
    TEXT_AS (notice.message, message),
    TEXT_AS (notice.worker, worker),
    NUMBER_AS (notice.incarnation, incarnation),
    NUMBER_AS (notice.sequence, sequence),
    NUMBER_AS (notice.code, code),
    NUMBER_AS (notice.operation, operation),
    NUMBER_AS (notice.count, count),
    NUMBER_AS (notice.settings_revision, settings_revision),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Announcement
static const gradmq_row_t s_announcement [] = {TEXT (model),
                                               ONE (position, position, &gradmq_shape_position)};
#undef THEIRS

#define THEIRS Gradmq__V1__Malformed
static const gradmq_row_t s_malformed [] = {
    TEXT (model),
    TEXT_AS (malformed.peer_address, peer_address),
    TEXT_AS (malformed.user_id, user_id),
    SHOWN_AS (malformed.code, code),
    TEXT_AS (malformed.message, message),
    SHOWN_AS (malformed.count, count),
};
#undef THEIRS

#define THEIRS Gradmq__V1__SyncMark
static const gradmq_row_t s_sync [] = {SHOWN (nonce),
                                       ONE (position, position, &gradmq_shape_position)};
#undef THEIRS

#define THEIRS Gradmq__V1__StepReport
static const gradmq_row_t s_step [] = {
    TEXT (model),
    ONE (position, position, &gradmq_shape_position),
    SHOWN_AS (step.steps, steps),
    SHOWN_AS (step.learning_rate, learning_rate),
    OPTIONAL_AS (step.gradient_norm, gradient_norm, step.has_gradient_norm),
    OPTIONAL_AS (step.update_norm, update_norm, step.has_update_norm),
    OPTIONAL_AS (step.staleness_mean, staleness_mean, step.has_staleness),
    OPTIONAL_AS (step.staleness_maximum, staleness_maximum, step.has_staleness),
    MANY (step.metrics, step.metric_count, metrics, &s_step_metric_shape),
};
#undef THEIRS

static const gradmq_shape_t s_heartbeat_shape =
    GRADMQ_SHAPE (gradmq__v1__heartbeat__descriptor, s_heartbeat);
static const gradmq_shape_t s_notice_shape =
    GRADMQ_SHAPE (gradmq__v1__notice__descriptor, s_notice);
static const gradmq_shape_t s_announcement_shape =
    GRADMQ_SHAPE (gradmq__v1__announcement__descriptor, s_announcement);
static const gradmq_shape_t s_malformed_shape =
    GRADMQ_SHAPE (gradmq__v1__malformed__descriptor, s_malformed);
static const gradmq_shape_t s_sync_shape = GRADMQ_SHAPE (gradmq__v1__sync_mark__descriptor, s_sync);
static const gradmq_shape_t s_step_shape =
    GRADMQ_SHAPE (gradmq__v1__step_report__descriptor, s_step);

#undef MINE

const gradmq_shape_t *
gradmq_event_body (uint32_t number)
{
    static const gradmq_shape_t *const shapes [] = {
        [GRADMQ_EVENT_ACKNOWLEDGEMENT] = &gradmq_shape_ack,
        [GRADMQ_EVENT_HEARTBEAT] = &s_heartbeat_shape,
        [GRADMQ_EVENT_NOTICE] = &s_notice_shape,
        [GRADMQ_EVENT_ANNOUNCEMENT] = &s_announcement_shape,
        [GRADMQ_EVENT_MALFORMED] = &s_malformed_shape,
        [GRADMQ_EVENT_SYNC] = &s_sync_shape,
        [GRADMQ_EVENT_STEP] = &s_step_shape,
    };
    return number < sizeof shapes / sizeof shapes [0] ? shapes [number] : NULL;
}
