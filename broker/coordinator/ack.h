//  Acknowledgements as parts of replies.

#ifndef GRADMQ_COORDINATOR_ACK_H
#define GRADMQ_COORDINATOR_ACK_H

#include "coordinator/command.h"

//  Fill *ack for a member, with memory that lives as long as the reply.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_exchange_ack (gradmq_exchange_t *exchange,
                                                    const gradmq_member_t *member,
                                                    gradmq_ack_t *ack);

//  Add the gradient of an AddGradients or AddModelParameters.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_exchange_add (gradmq_exchange_t *exchange);

#endif
