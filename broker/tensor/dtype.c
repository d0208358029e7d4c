#include "tensor/dtype.h"

#include <string.h>

#define X(symbol) extern const gradmq_dtype_t gradmq_dtype_##symbol;
#include "tensor/dtype.def"
#undef X

static const gradmq_dtype_t *const s_rows [] = {
#define X(symbol) &gradmq_dtype_##symbol,
#include "tensor/dtype.def"
#undef X
};

#define S_ROWS (sizeof s_rows / sizeof *s_rows)

const gradmq_dtype_t *
gradmq_dtype_at (size_t index)
{
    return index < S_ROWS ? s_rows [index] : NULL;
}

const gradmq_dtype_t *
gradmq_dtype (uint32_t code)
{
    for (size_t i = 0; i < S_ROWS; i++)
        if (s_rows [i]->code == code)
            return s_rows [i];
    return NULL;
}

const gradmq_dtype_t *
gradmq_dtype_named (const char *name)
{
    if (!name)
        return NULL;
    for (size_t i = 0; i < S_ROWS; i++)
        if (strcmp (s_rows [i]->name, name) == 0 || strcmp (s_rows [i]->stream, name) == 0)
            return s_rows [i];
    return NULL;
}
