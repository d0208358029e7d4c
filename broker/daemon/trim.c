#include "daemon/trim.h"

#include <malloc.h>

bool
gradmq_trim_look (gradmq_trim_t *self, uint64_t quiet_ms)
{
    if (quiet_ms < GRADMQ_TRIM_AFTER_MS) {
        self->done = false;
        return false;
    }
    if (self->done)
        return false;
    self->done = true;
    malloc_trim (0);
    return true;
}
