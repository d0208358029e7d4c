#include "tensor/form.h"

#include "core/code.h"
#include "tensor/encoding.h"

#include <assert.h>
#include <string.h>

static const gradmq_form_t s_rows [] = {
#define X(stream, coding, type)                                                                    \
    {.name = #stream, .encoding = GRADMQ_ENCODING_##coding, .dtype = GRADMQ_DTYPE_##type},
#include "tensor/form.def"
#undef X
};

#define S_ROWS (sizeof s_rows / sizeof *s_rows)

const gradmq_form_t *
gradmq_form_at (size_t index)
{
    return index < S_ROWS ? &s_rows [index] : NULL;
}

const gradmq_form_t *
gradmq_form_named (const char *name)
{
    for (size_t i = 0; i < S_ROWS; i++)
        if (strcmp (s_rows [i].name, name) == 0)
            return &s_rows [i];
    return NULL;
}

const gradmq_form_t *
gradmq_form_of (uint32_t encoding, uint32_t dtype)
{
    for (size_t i = 0; i < S_ROWS; i++)
        if (s_rows [i].encoding == encoding && s_rows [i].dtype == dtype)
            return &s_rows [i];
    return NULL;
}

bool
gradmq_form_native (const gradmq_form_t *self, const gradmq_layout_t *layout)
{
    return self->encoding == GRADMQ_ENCODING_DENSE
           && self->dtype == gradmq_layout_dtype (layout)->code;
}

uint64_t
gradmq_form_tensor_bytes (const gradmq_form_t *self, const gradmq_tensor_t *tensor)
{
    uint64_t bytes = 0;
    gradmq_err_t rc =
        gradmq_part_size (tensor, self->encoding, gradmq_dtype (self->dtype), 0, &bytes, NULL);
    assert (!rc);
    (void) rc;
    return bytes;
}

uint64_t
gradmq_form_bytes (const gradmq_form_t *self, const gradmq_layout_t *layout)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < gradmq_layout_count (layout); i++)
        sum += gradmq_form_tensor_bytes (self, gradmq_layout_tensor (layout, i));
    return sum;
}

uint64_t
gradmq_form_cut (const gradmq_form_t *self, const gradmq_layout_t *layout, uint64_t at)
{
    const gradmq_part_t part = {.encoding = self->encoding, .dtype = gradmq_dtype (self->dtype)};
    size_t index = 0;
    uint64_t first = 0, bytes = 0;
    for (; index < gradmq_layout_count (layout); index++, first += bytes) {
        bytes = gradmq_form_tensor_bytes (self, gradmq_layout_tensor (layout, index));
        if (at < first + bytes)
            break;
    }
    if (index == gradmq_layout_count (layout))
        return at;
    uint64_t in_part = at - first;
    uint64_t head = gradmq_part_head (gradmq_layout_tensor (layout, index), &part);
    if (in_part < head)
        return at - in_part % GRADMQ_HEAD_UNIT;
    return at - (in_part - head) % gradmq_part_element (&part);
}
