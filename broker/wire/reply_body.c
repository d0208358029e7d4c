#include "wire/reply_body.h"

#include "gradmq/v1/control.pb-c.h"
#include "wire/ack.h"
#include "wire/message.h"
#include "wire/shape_rows.h"

//  --------------------------------------------------------------------------------------------
//  Structs of their own

#define MINE gradmq_limits_t
#define THEIRS Gradmq__V1__Limits
static const gradmq_row_t s_limits [] = {
    SHOWN (frame_bytes), SHOWN (payload_frames), SHOWN (header_bytes),      SHOWN (tensors),
    SHOWN (rank),        SHOWN (name_bytes),     SHOWN (tensor_name_bytes), SHOWN (metrics),
    SHOWN (groups),      SHOWN (receive_window)};
static const gradmq_shape_t s_limits_shape =
    GRADMQ_SHAPE (gradmq__v1__limits__descriptor, s_limits);
#undef MINE
#undef THEIRS

#define MINE gradmq_metric_t
#define THEIRS Gradmq__V1__Metric
static const gradmq_row_t s_metric [] = {NAME (name), SHOWN (value), NUMBER (weight)};
static const gradmq_shape_t s_metric_shape =
    GRADMQ_SHAPE (gradmq__v1__metric__descriptor, s_metric);
#undef MINE
#undef THEIRS

#define MINE gradmq_last_metric_t
#define THEIRS Gradmq__V1__LastMetric
static const gradmq_row_t s_last_metric [] = {TEXT (name), SHOWN (value), TEXT (worker)};
static const gradmq_shape_t s_last_metric_shape =
    GRADMQ_SHAPE (gradmq__v1__last_metric__descriptor, s_last_metric);
#undef MINE
#undef THEIRS

#define MINE gradmq_operation_t
#define THEIRS Gradmq__V1__Operation
static const gradmq_row_t s_operation [] = {SHOWN (operation), TEXT (name), SHOWN (done),
                                            NUMBER (code), TEXT (message)};
static const gradmq_shape_t s_operation_shape =
    GRADMQ_SHAPE (gradmq__v1__operation__descriptor, s_operation);
#undef MINE
#undef THEIRS

#define MINE gradmq_worker_row_t
#define THEIRS Gradmq__V1__Worker
static const gradmq_row_t s_worker [] = {
    TEXT (name),
    SHOWN (incarnation),
    NUMBER (leaving),
    SHOWN (lease_left_ms),
    SHOWN (seen_ms_ago),
    SHOWN (received_through),
    SHOWN (settled_through),
    SHOWN (queued),
    NUMBER (clock),
    SHOWN (base_version),
    SHOWN (staleness_mean),
    MANY (dispositions, disposition_count, dispositions, &gradmq_shape_counter),
    MANY (metrics, metric_count, metrics, &s_metric_shape),
};
static const gradmq_shape_t s_worker_shape =
    GRADMQ_SHAPE (gradmq__v1__worker__descriptor, s_worker);
#undef MINE
#undef THEIRS

//  --------------------------------------------------------------------------------------------
//  Answers

#define MINE gradmq_reply_t

#define THEIRS Gradmq__V1__Layout
static const gradmq_row_t s_layout [] = {
    MANY (description.tensors, description.tensor_count, tensors, &gradmq_shape_tensor),
    NUMBER_AS (description.layout_dtype, dtype)};
static const gradmq_shape_t s_layout_shape =
    GRADMQ_SHAPE (gradmq__v1__layout__descriptor, s_layout);
#undef THEIRS

#define THEIRS Gradmq__V1__Description
static const gradmq_row_t s_description [] = {
    TEXT_AS (description.product, product),
    SHOWN_AS (description.protocol_minor, protocol_minor),
    SHOWN_AS (description.state, state),
    HERE_COUNTED (description.tensor_count, layout, &s_layout_shape),
    NUMBER_AS (description.layout_id, layout_id),
    LIST_AS (description.gradients, gradients_endpoints),
    LIST_AS (description.updates, updates_endpoints),
    LIST_AS (description.events, events_endpoints),
    LIST_AS (description.streams, streams),
    LIST_AS (description.stream_names, stream_names),
    ONE (description.limits, limits, &s_limits_shape),
    LIST_AS (description.dtypes, dtypes),
    LIST_AS (description.encodings, encodings),
    LIST_AS (description.kinds, kinds),
    LIST_AS (description.optimizers, optimizers),
    LIST_AS (description.schedules, schedules),
    LIST_AS (description.policies, policies),
    LIST_AS (description.rules, rules),
    SHOWN_AS (description.heartbeat_ms, heartbeat_ms),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Joined
static const gradmq_row_t s_joined [] = {
    SHOWN_AS (joined.incarnation, incarnation),
    NUMBER_AS (joined.layout_id, layout_id),
    SHOWN_AS (joined.start_clock, start_clock),
    SHOWN_AS (joined.round, round),
    SHOWN_AS (joined.lease_ms, lease_ms),
    ONE (joined.ack, acknowledgement, &gradmq_shape_ack),
    LIST_AS (joined.capabilities, capabilities),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Left
static const gradmq_row_t s_left [] = {SHOWN_AS (left.complete, complete),
                                       ONE (left.ack, acknowledgement, &gradmq_shape_ack)};
#undef THEIRS

#define THEIRS Gradmq__V1__Base
static const gradmq_row_t s_from [] = {SHOWN_AS (parameters.from_epoch, epoch),
                                       SHOWN_AS (parameters.from_version, version)};
static const gradmq_shape_t s_from_shape = GRADMQ_SHAPE (gradmq__v1__base__descriptor, s_from);
#undef THEIRS

#define THEIRS Gradmq__V1__Parameters
static const gradmq_row_t s_parameters [] = {SHOWN_AS (parameters.revision, revision),
                                             HERE (effective_from, &s_from_shape),
                                             LIST_AS (parameters.unset, unset)};
#undef THEIRS

#define THEIRS Gradmq__V1__Loaded
static const gradmq_row_t s_loaded [] = {SHOWN_AS (loaded.layout_id, layout_id),
                                         SHOWN_AS (loaded.elements, elements)};
#undef THEIRS

#define THEIRS Gradmq__V1__ModelParameters
static const gradmq_row_t s_model [] = {
    NUMBER_AS (model_parameters.unchanged, unchanged),
    TEXT_AS (model_parameters.stream, stream),
    NUMBER_AS (model_parameters.layout_id, layout_id),
    NUMBER_AS (model_parameters.dtype, dtype),
    NUMBER_AS (model_parameters.encoding, encoding),
    NUMBER_AS (model_parameters.bytes, bytes),
    NUMBER_AS (model_parameters.stream_sequence, stream_sequence),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Added
static const gradmq_row_t s_added [] = {
    ONE_OPTIONAL (added.ack, added.has_ack, acknowledgement, &gradmq_shape_ack)};
#undef THEIRS

#define THEIRS Gradmq__V1__Cleared
static const gradmq_row_t s_cleared [] = {SHOWN (cleared)};
#undef THEIRS

#define THEIRS Gradmq__V1__State
static const gradmq_row_t s_state [] = {SHOWN (state)};
#undef THEIRS

#define THEIRS Gradmq__V1__StatusReport
static const gradmq_row_t s_status [] = {
    TEXT_AS (status.product, product),
    SHOWN_AS (status.state, state),
    TEXT_AS (status.why, why),
    TEXT_AS (status.durability, durability),
    SHOWN_AS (status.uptime_ms, uptime_ms),
    SHOWN_AS (status.members, members),
    SHOWN_AS (status.queued_gradients, queued_gradients),
    SHOWN_AS (status.queued_bytes, queued_bytes),
    SHOWN_AS (status.elements, elements),
    SHOWN_AS (status.tensors, tensors),
    SHOWN_AS (status.learning_rate, learning_rate),
    SHOWN_AS (status.schedule_tick, schedule_tick),
    SHOWN_AS (status.settings_revision, settings_revision),
    SHOWN_AS (status.snapshots_pinned, snapshots_pinned),
    SHOWN_AS (status.resident_bytes, resident_bytes),
    MANY (status.counters, status.counter_count, counters, &gradmq_shape_counter),
    MANY (status.operations, status.operation_count, operations, &s_operation_shape),
    NUMBER_AS (status.round, round),
    OPTIONAL_AS (status.deadline_ms, deadline_ms, status.has_deadline),
    NUMBER_AS (status.min_clock, min_clock),
    LIST_AS (status.waiting_for, waiting_for),
    NUMBER_AS (status.waiting_total, waiting_total),
    MANY (status.metrics, status.metric_count, metrics, &s_last_metric_shape),
    NUMBER_AS (status.contributions, contributions),
    TEXT_AS (status.policy, policy),
    TEXT_AS (status.rule, rule),
    NUMBER_AS (status.needed, needed),
};
#undef THEIRS

#define THEIRS Gradmq__V1__Workers
static const gradmq_row_t s_workers [] = {
    MANY (workers.workers, workers.count, workers, &s_worker_shape), SHOWN_AS (workers.more, more)};
#undef THEIRS
#undef MINE

//  --------------------------------------------------------------------------------------------

#define MINE gradmq_reply_t
#define BODY(number, message, table)                                                               \
    [number] = {.descriptor = &gradmq__v1__##message##__descriptor,                                \
                .size = sizeof (MINE),                                                             \
                .rows = table,                                                                     \
                .count = sizeof table / sizeof table [0]}

static const gradmq_shape_t s_shapes [] = {
    BODY (GRADMQ_ANSWER_DESCRIPTION, description, s_description),
    BODY (GRADMQ_ANSWER_JOINED, joined, s_joined),
    BODY (GRADMQ_ANSWER_LEFT, left, s_left),
    BODY (GRADMQ_ANSWER_PARAMETERS, parameters, s_parameters),
    BODY (GRADMQ_ANSWER_LOADED, loaded, s_loaded),
    BODY (GRADMQ_ANSWER_MODEL_PARAMETERS, model_parameters, s_model),
    BODY (GRADMQ_ANSWER_ADDED, added, s_added),
    BODY (GRADMQ_ANSWER_CLEARED, cleared, s_cleared),
    BODY (GRADMQ_ANSWER_STATE, state, s_state),
    BODY (GRADMQ_ANSWER_STATUS, status_report, s_status),
    BODY (GRADMQ_ANSWER_WORKERS, workers, s_workers),
};

const gradmq_shape_t *
gradmq_reply_body (uint32_t number)
{
    if (number == GRADMQ_ANSWER_ACKNOWLEDGEMENT)
        return &gradmq_shape_ack;
    if (number == GRADMQ_ANSWER_OPERATION)
        return &s_operation_shape;
    if (number >= sizeof s_shapes / sizeof s_shapes [0] || !s_shapes [number].descriptor)
        return NULL;
    return &s_shapes [number];
}
