#include "coordinator/command.h"

gradmq_err_t
gradmq_command_restore (gradmq_exchange_t *exchange)
{
    return gradmq_refuse (exchange->reason, GRADMQ_ERR_UNSUPPORTED,
                          "durability is %s, which has no checkpoints; use SetModelParameters",
                          exchange->engine->settings.durability);
}
