#include "coordinator/command.h"

gradmq_err_t
gradmq_command_checkpoint (gradmq_exchange_t *exchange)
{
    return gradmq_refuse (exchange->reason, GRADMQ_ERR_UNSUPPORTED,
                          "durability is %s, which writes no checkpoints; use GetModelParameters",
                          exchange->engine->settings.durability);
}
