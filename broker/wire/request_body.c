#include "wire/request_body.h"

#include "gradmq/v1/control.pb-c.h"
#include "wire/ack.h"
#include "wire/message.h"
#include "wire/shape_rows.h"

#define MINE gradmq_request_t

#define THEIRS Gradmq__V1__JoinRequest
static const gradmq_row_t s_join [] = {TEXT (worker), NUMBER (incarnation), NUMBER (low_water),
                                       POINTERS (capabilities, capability_count, capabilities)};
#undef THEIRS

#define THEIRS Gradmq__V1__LeaveRequest
static const gradmq_row_t s_leave [] = {TEXT (worker), SHOWN (incarnation), SHOWN (last_sequence)};
#undef THEIRS

#define THEIRS Gradmq__V1__SetParametersRequest
static const gradmq_row_t s_set_parameters [] = {POINTERS (reset, reset_count, reset)};
#undef THEIRS

#define THEIRS Gradmq__V1__Layout
static const gradmq_row_t s_layout [] = {
    MANY (tensors, tensor_count, tensors, &gradmq_shape_tensor), NUMBER_AS (layout_dtype, dtype)};
static const gradmq_shape_t s_layout_shape =
    GRADMQ_SHAPE (gradmq__v1__layout__descriptor, s_layout);
#undef THEIRS

#define THEIRS Gradmq__V1__SetModelParametersRequest
static const gradmq_row_t s_set_model [] = {HERE (layout, &s_layout_shape), NUMBER (dtype),
                                            OPTIONAL (bytes)};
#undef THEIRS

#define THEIRS Gradmq__V1__Base
static const gradmq_row_t s_newer [] = {SHOWN_AS (newer_epoch, epoch),
                                        SHOWN_AS (newer_version, version)};
static const gradmq_shape_t s_newer_shape = GRADMQ_SHAPE (gradmq__v1__base__descriptor, s_newer);
#undef THEIRS

#define THEIRS Gradmq__V1__GetModelParametersRequest
static const gradmq_row_t s_get_model [] = {
    TEXT (stream), HERE_OPTIONAL (has_newer_than, newer_than, &s_newer_shape)};
#undef THEIRS

#define THEIRS Gradmq__V1__AddGradientsRequest
static const gradmq_row_t s_add_gradients [] = {NUMBER (dry_run)};
#undef THEIRS

#define THEIRS Gradmq__V1__AddModelParametersRequest
static const gradmq_row_t s_add_model [] = {NUMBER (dry_run)};
#undef THEIRS

#define THEIRS Gradmq__V1__ClearGradientsRequest
static const gradmq_row_t s_clear [] = {NUMBER (new_epoch)};
#undef THEIRS

#define THEIRS Gradmq__V1__DestroyRequest
static const gradmq_row_t s_destroy [] = {NUMBER (without_checkpoint)};
#undef THEIRS

#define THEIRS Gradmq__V1__ListWorkersRequest
static const gradmq_row_t s_list [] = {TEXT (after), NUMBER (limit)};
#undef THEIRS

#define THEIRS Gradmq__V1__AcknowledgementRequest
static const gradmq_row_t s_ack [] = {TEXT (worker), SHOWN (incarnation), NUMBER (sent_through)};
#undef THEIRS

#define THEIRS Gradmq__V1__SyncRequest
static const gradmq_row_t s_sync [] = {SHOWN (nonce)};
#undef THEIRS

#define THEIRS Gradmq__V1__RestoreRequest
static const gradmq_row_t s_restore [] = {TEXT (checkpoint)};
#undef THEIRS

#define THEIRS Gradmq__V1__RecordRequest
static const gradmq_row_t s_record [] = {TEXT_AS (recording, name),
                                         NUMBER_AS (end_recording, stop)};
#undef THEIRS

//  Bodies with fields, and bodies without.
#define BODY(number, message, table)                                                               \
    [number] = {.descriptor = &gradmq__v1__##message##_request__descriptor,                        \
                .size = sizeof (MINE),                                                             \
                .rows = table,                                                                     \
                .count = sizeof table / sizeof table [0]}
#define BARE(number, message)                                                                      \
    [number] = {.descriptor = &gradmq__v1__##message##_request__descriptor, .size = sizeof (MINE)}

static const gradmq_shape_t s_shapes [] = {
    BARE (GRADMQ_COMMAND_DESCRIBE, describe),
    BODY (GRADMQ_COMMAND_JOIN, join, s_join),
    BODY (GRADMQ_COMMAND_LEAVE, leave, s_leave),
    BODY (GRADMQ_COMMAND_SET_PARAMETERS, set_parameters, s_set_parameters),
    BARE (GRADMQ_COMMAND_GET_PARAMETERS, get_parameters),
    BODY (GRADMQ_COMMAND_SET_MODEL_PARAMETERS, set_model_parameters, s_set_model),
    BODY (GRADMQ_COMMAND_GET_MODEL_PARAMETERS, get_model_parameters, s_get_model),
    BODY (GRADMQ_COMMAND_ADD_GRADIENTS, add_gradients, s_add_gradients),
    BODY (GRADMQ_COMMAND_ADD_MODEL_PARAMETERS, add_model_parameters, s_add_model),
    BODY (GRADMQ_COMMAND_CLEAR_GRADIENTS, clear_gradients, s_clear),
    BARE (GRADMQ_COMMAND_START, start),
    BARE (GRADMQ_COMMAND_STOP, stop),
    BARE (GRADMQ_COMMAND_RESET, reset),
    BODY (GRADMQ_COMMAND_DESTROY, destroy, s_destroy),
    BARE (GRADMQ_COMMAND_STATUS, status),
    BODY (GRADMQ_COMMAND_LIST_WORKERS, list_workers, s_list),
    BODY (GRADMQ_COMMAND_ACKNOWLEDGEMENT, acknowledgement, s_ack),
    BODY (GRADMQ_COMMAND_SYNC, sync, s_sync),
    BARE (GRADMQ_COMMAND_CHECKPOINT, checkpoint),
    BODY (GRADMQ_COMMAND_RESTORE, restore, s_restore),
    BODY (GRADMQ_COMMAND_RECORD, record, s_record),
};

const gradmq_shape_t *
gradmq_request_body (uint32_t number)
{
    if (number >= sizeof s_shapes / sizeof s_shapes [0] || !s_shapes [number].descriptor)
        return NULL;
    return &s_shapes [number];
}
