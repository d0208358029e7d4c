//  What a push may say beyond the numbers, checked.

#ifndef GRADMQ_CLIENT_PUSH_H
#define GRADMQ_CLIENT_PUSH_H

#include "gradmq.h"

//    errors  ARGUMENT, NAME (of a metric). NULL is fine.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_push_check (const gradmq_push_t *push, gradmq_reason_t *why);

//  The kind that is sent: `otherwise` where the push says none, or where that is a SKIP.
uint32_t gradmq_push_kind (const gradmq_push_t *push, uint32_t otherwise);

//  Let it be parameters: those of the model where it says nothing.
//    errors  ARGUMENT: it says that it is a gradient
GRADMQ_MUST_CHECK gradmq_err_t gradmq_push_parameters (gradmq_push_t *push, gradmq_reason_t *why);

#endif
