#include "tensor/encoding.h"

#define X(symbol) extern const gradmq_encoding_t gradmq_encoding_##symbol;
#include "tensor/encoding.def"
#undef X

static const gradmq_encoding_t *const s_rows [] = {
#define X(symbol) &gradmq_encoding_##symbol,
#include "tensor/encoding.def"
#undef X
};

#define S_ROWS (sizeof s_rows / sizeof *s_rows)

const gradmq_encoding_t *
gradmq_encoding_at (size_t index)
{
    return index < S_ROWS ? s_rows [index] : NULL;
}

const gradmq_encoding_t *
gradmq_encoding (uint32_t code)
{
    for (size_t i = 0; i < S_ROWS; i++)
        if (s_rows [i]->code == code)
            return s_rows [i];
    return NULL;
}

uint64_t
gradmq_part_head (const gradmq_tensor_t *tensor, const gradmq_part_t *part)
{
    const gradmq_encoding_t *encoding = gradmq_encoding (part->encoding);
    return encoding->head ? encoding->head (tensor, part->count) : 0;
}

size_t
gradmq_part_element (const gradmq_part_t *part)
{
    size_t element = gradmq_encoding (part->encoding)->element;
    return element ? element : part->dtype->size;
}
