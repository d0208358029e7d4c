#include "wire/ack.h"

#include "gradmq/v1/control.pb-c.h"
#include "wire/message.h"
#include "wire/shape_rows.h"

#define MINE gradmq_position_t
#define THEIRS Gradmq__V1__Position
static const gradmq_row_t s_position [] = {SHOWN (instance), SHOWN (epoch), SHOWN (version)};
const gradmq_shape_t gradmq_shape_position =
    GRADMQ_SHAPE (gradmq__v1__position__descriptor, s_position);
#undef MINE
#undef THEIRS

#define MINE gradmq_range_t
#define THEIRS Gradmq__V1__Range
static const gradmq_row_t s_range [] = {SHOWN (first), SHOWN (last), NUMBER (code)};
static const gradmq_shape_t s_range_shape = GRADMQ_SHAPE (gradmq__v1__range__descriptor, s_range);
#undef MINE
#undef THEIRS

#define MINE gradmq_disposed_t
#define THEIRS Gradmq__V1__Disposition
static const gradmq_row_t s_disposed [] = {SHOWN (sequence), SHOWN (disposition), NUMBER (code)};
static const gradmq_shape_t s_disposed_shape =
    GRADMQ_SHAPE (gradmq__v1__disposition__descriptor, s_disposed);
#undef MINE
#undef THEIRS

#define MINE gradmq_ack_t
#define THEIRS Gradmq__V1__Acknowledgement
static const gradmq_row_t s_ack [] = {
    TEXT (model),
    TEXT (worker),
    ONE (position, position, &gradmq_shape_position),
    SHOWN (incarnation),
    SHOWN (received_through),
    SHOWN (settled_through),
    MANY (missing, missing_count, missing, &s_range_shape),
    MANY (dispositions, disposition_count, dispositions, &s_disposed_shape),
    SHOWN (dispositions_from),
    SHOWN (credit_gradients),
    SHOWN (credit_bytes),
    SHOWN (applied),
};
const gradmq_shape_t gradmq_shape_ack =
    GRADMQ_SHAPE (gradmq__v1__acknowledgement__descriptor, s_ack);
#undef MINE
#undef THEIRS

#define MINE gradmq_tensor_spec_t
#define THEIRS Gradmq__V1__Tensor
static const gradmq_row_t s_tensor [] = {TEXT (name), DIMENSIONS (shape, rank, shape)};
const gradmq_shape_t gradmq_shape_tensor = GRADMQ_SHAPE (gradmq__v1__tensor__descriptor, s_tensor);
#undef MINE
#undef THEIRS

#define MINE gradmq_counter_t
#define THEIRS Gradmq__V1__Counter
static const gradmq_row_t s_counter [] = {TEXT (name), SHOWN (value)};
const gradmq_shape_t gradmq_shape_counter =
    GRADMQ_SHAPE (gradmq__v1__counter__descriptor, s_counter);
#undef MINE
#undef THEIRS
