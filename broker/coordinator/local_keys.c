#include "coordinator/self.h"

typedef struct {
    gradmq_err_t err;
    gradmq_reason_t *why;
} s_reload_t;

static void
s_reload_keys (gradmq_engine_t *engine, void *arguments)
{
    s_reload_t *args = arguments;
    if (engine->guard->authorised)
        args->err = gradmq_authorised_reload (engine->guard->authorised, args->why);
}

gradmq_err_t
gradmq_coordinator_reload_keys (gradmq_coordinator_t *self, gradmq_reason_t *why)
{
    s_reload_t args = {.why = why};
    gradmq_coordinator_call (self, s_reload_keys, &args);
    return args.err;
}
