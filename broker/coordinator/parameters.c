#include "coordinator/parameters.h"

void
gradmq_exchange_parameters (gradmq_exchange_t *exchange, const char *const *unset,
                            size_t unset_count)
{
    const gradmq_engine_t *engine = exchange->engine;
    exchange->reply->answer = GRADMQ_ANSWER_PARAMETERS;
    exchange->reply->parameters = (gradmq_parameters_t){
        .settings = &engine->settings,
        .revision = engine->revision,
        .from_epoch = engine->settings_epoch,
        .from_version = engine->settings_version,
        .unset = {unset, unset_count},
    };
}
