#include "coordinator/command.h"

gradmq_err_t
gradmq_command_reset (gradmq_exchange_t *exchange)
{
    return gradmq_refuse (exchange->reason, GRADMQ_ERR_UNSUPPORTED,
                          "policy %s has no open step that could be reset",
                          exchange->engine->settings.policy);
}
