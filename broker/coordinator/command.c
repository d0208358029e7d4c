#include "coordinator/command.h"

#include <assert.h>
#include <stdlib.h>

static const gradmq_command_row_t s_rows [] = {
#define X(NAME, function, changes, payload, role)                                                  \
    {GRADMQ_COMMAND_##NAME,    #function, changes, payload, GRADMQ_ROLE_##role,                    \
     gradmq_command_##function},
#include "coordinator/command.def"
#undef X
};

const gradmq_command_row_t *
gradmq_command_find (gradmq_command_t command)
{
    for (size_t i = 0; i < sizeof s_rows / sizeof s_rows [0]; i++)
        if (s_rows [i].command == command)
            return &s_rows [i];
    return NULL;
}

void *
gradmq_exchange_alloc (gradmq_exchange_t *self, size_t count, size_t size)
{
    assert (self->scratch_count < sizeof self->scratch / sizeof self->scratch [0]);
    void *memory = calloc (count ? count : 1, size);
    if (memory)
        self->scratch [self->scratch_count++] = memory;
    return memory;
}
