//  Bodies of records as structs: what is not possible in itself is refused here. Pointers are into the
//  record's body.

#ifndef GRADMQ_RECORD_BODY_H
#define GRADMQ_RECORD_BODY_H

#include "core/bytes.h"
#include "core/random.h"
#include "record/record.h"
#include "step/step.h"

//  MODEL, and of it BASE has version and payload only.
typedef struct {
    uint64_t epoch, version;
    gradmq_layout_t *layout;
    gradmq_frame_t payload;
} gradmq_model_body_t;

//  GRADIENT and CONTRIBUTION.
typedef struct {
    uint64_t version;  //  GRADIENT: after it
    gradmq_gradient_t gradient;
    gradmq_frame_t payload;
} gradmq_gradient_body_t;

typedef struct {
    uint64_t version;  //  after it
    uint32_t count;
    const uint8_t *lsns;  //  `count` of 8 octets
} gradmq_closed_body_t;

typedef struct {
    uint64_t epoch, version;
    const uint8_t *digest;
} gradmq_digest_body_t;

//    errors of all  FORMAT: too short, too long; what the protocol's decoders say; MEMORY

//  Settings in force, each value in its range and each name one of a table's. `name` is the model's.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_settings (gradmq_cursor_t body,
                                                     gradmq_settings_t *settings,
                                                     char name [GRADMQ_NAME_BYTES_MAX + 1],
                                                     gradmq_reason_t *reason);

//    owns    model->layout is the caller's: gradmq_layout_release; NULL on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_model (gradmq_cursor_t body, gradmq_model_body_t *model,
                                                  gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_base (gradmq_cursor_t body, gradmq_model_body_t *base,
                                                 gradmq_reason_t *reason);

//    owns    *state is the caller's: gradmq_step_state_clear, also on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_state (gradmq_cursor_t body,
                                                  const gradmq_layout_t *layout,
                                                  gradmq_step_state_t *state,
                                                  gradmq_reason_t *reason);

//  The gradient is held against the layout; its payload stands in *gradient, which must not move.
//    owns    gradient->gradient is the caller's: gradmq_gradient_clear; cleared on error
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_gradient (gradmq_cursor_t body, bool alone,
                                                     const gradmq_layout_t *layout,
                                                     gradmq_gradient_body_t *gradient,
                                                     gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_step (gradmq_cursor_t body, gradmq_closed_body_t *step,
                                                 gradmq_reason_t *reason);
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_digest (gradmq_cursor_t body,
                                                   gradmq_digest_body_t *digest,
                                                   gradmq_reason_t *reason);

//  EPOCH, MEMBERS and FAULTY: one number below 2^63.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_number (gradmq_cursor_t body, uint64_t *number,
                                                   gradmq_reason_t *reason);

//  DROP and END: nothing.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_body_nothing (gradmq_cursor_t body, gradmq_reason_t *reason);

#endif
