#include "cli/bench/learn/text/rows.h"

#include "core/code.h"

#include <stdlib.h>
#include <string.h>

enum { TENSORS = GRADMQ_ROWS_TENSORS, WIDTH = GRADMQ_GUESS_WIDTH };

typedef struct {
    const char *name;
    uint32_t dtype;
} s_name_t;

static const s_name_t s_names [] = {
    {"rows", GRADMQ_DTYPE_F32}, {"rows_f16", GRADMQ_DTYPE_F16}, {"rows_bf16", GRADMQ_DTYPE_BF16}};

bool
gradmq_rows_open (gradmq_rows_t *self, const char *encoding, gradmq_layout_t *layout)
{
    *self = (gradmq_rows_t){.layout = layout};
    for (size_t i = 0; i < sizeof s_names / sizeof s_names [0]; i++)
        if (strcmp (encoding, s_names [i].name) == 0)
            self->dtype = gradmq_dtype (s_names [i].dtype);
    return self->dtype != NULL;
}

void
gradmq_rows_close (gradmq_rows_t *self)
{
    free (self->bytes);
    *self = (gradmq_rows_t){0};
}

//  Cut the payload: the table as ROWS, all else dense.
static gradmq_err_t
s_cut (gradmq_rows_t *self, size_t count, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    self->size = 0;
    for (uint32_t i = 0; i < TENSORS && !err; i++) {
        gradmq_part_t *part = &self->parts [i];
        *part = (gradmq_part_t){.tensor = i,
                                .encoding = i ? GRADMQ_ENCODING_DENSE : GRADMQ_ENCODING_ROWS,
                                .dtype = self->dtype,
                                .count = i ? 0 : count,
                                .offset = self->size};
        err = gradmq_part_size (gradmq_layout_tensor (self->layout, i), part->encoding, part->dtype,
                                part->count, &part->bytes, reason);
        self->stated_bytes [i] = part->bytes;
        self->size += (size_t) part->bytes;
    }
    return err;
}

static void
s_write (const gradmq_rows_t *self, const gradmq_guess_gradient_t *gradient)
{
    size_t element = self->dtype->size;
    uint8_t *at = self->bytes;
    memcpy (at, gradient->touched, gradient->touched_count * sizeof *gradient->touched);
    at += gradient->touched_count * sizeof *gradient->touched;
    for (size_t i = 0; i < gradient->touched_count; i++, at += WIDTH * element)
        self->dtype->from_f64 (at, gradient->values + (size_t) gradient->touched [i] * WIDTH,
                               WIDTH);
    self->dtype->from_f64 (at, gradient->values + gradient->rows * WIDTH, GRADMQ_GUESS_OUTPUT);
}

gradmq_err_t
gradmq_rows_encode (gradmq_rows_t *self, gradmq_guess_gradient_t *gradient,
                    gradmq_gradient_t *header, gradmq_reason_t *reason)
{
    gradmq_guess_gradient_sort (gradient);
    gradmq_err_t err = s_cut (self, gradient->touched_count, reason);
    if (err)
        return err;
    if (self->size > self->space) {
        uint8_t *bytes = realloc (self->bytes, self->size);
        if (!bytes)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu bytes", self->size);
        self->bytes = bytes;
        self->space = self->size;
    }
    s_write (self, gradient);
    header->layout = gradmq_layout_id (self->layout);
    header->dtype = self->dtype->code;
    header->parts = self->parts;
    header->part_count = TENSORS;
    header->stated_bytes = self->stated_bytes;
    return GRADMQ_OK;
}
