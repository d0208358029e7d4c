#include "step/decoder.h"

#include "tensor/encoding.h"

#include <assert.h>

#define X(symbol) extern const gradmq_decoder_t gradmq_decoder_##symbol;
#include "tensor/encoding.def"
#undef X

static const gradmq_decoder_t *const s_rows [] = {
#define X(symbol) &gradmq_decoder_##symbol,
#include "tensor/encoding.def"
#undef X
};

const gradmq_decoder_t *
gradmq_decoder (uint32_t encoding)
{
    size_t row = 0;
    while (gradmq_encoding_at (row) && gradmq_encoding_at (row)->code != encoding)
        row++;
    assert (row < sizeof s_rows / sizeof *s_rows);
    return s_rows [row];
}

const void *
gradmq_decode_plain (gradmq_reader_t *self, size_t count)
{
    size_t bytes = count * self->dtype->size;
    self->at += count;
    if (self->dtype == self->master)
        return gradmq_payload_read (self->payload, &self->mark, bytes, self->scratch);
    const void *from = gradmq_payload_read (self->payload, &self->mark, bytes, self->raw);
    self->real->convert (self->dtype, self->scratch, from, count);
    return self->scratch;
}
