//  What a push may say beyond the numbers, checked.

#ifndef GRADMQ_CLIENT_PUSH_H
#define GRADMQ_CLIENT_PUSH_H

#include "gradmq.h"

//    errors  ARGUMENT, NAME (of a metric). NULL is fine.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_push_check (const gradmq_push_t *push, gradmq_reason_t *why);

#endif
