//  The settings in force as an answer.

#ifndef GRADMQ_COORDINATOR_PARAMETERS_H
#define GRADMQ_COORDINATOR_PARAMETERS_H

#include "coordinator/command.h"

//  Fill the reply's Parameters. `unset` names what the change put back.
void gradmq_exchange_parameters (gradmq_exchange_t *exchange, const char *const *unset,
                                 size_t unset_count);

#endif
