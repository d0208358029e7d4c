#include "step/decoder.h"

#include "core/bytes.h"
#include "tensor/encoding.h"

#include <string.h>

#define S_BATCH 64u
#define S_NONE UINT64_MAX

static void
s_next_index (gradmq_reader_t *self)
{
    uint8_t scratch [GRADMQ_HEAD_UNIT];
    self->index = S_NONE;
    if (self->left == 0)
        return;
    self->left--;
    self->index =
        gradmq_get_u32 (gradmq_payload_read (self->payload, &self->head, sizeof scratch, scratch));
}

static void
s_open (gradmq_reader_t *self)
{
    self->head = self->mark;
    gradmq_reader_skip (self, gradmq_part_head (self->tensor, self->part));
    self->left = self->part->count;
    s_next_index (self);
}

//  Put the values below `end` that come now where they belong; at most S_BATCH of them.
static void
s_scatter (gradmq_reader_t *self, uint64_t end)
{
    uint64_t places [S_BATCH];
    uint8_t raw [S_BATCH * sizeof (double)];
    double values [S_BATCH];
    size_t count = 0, size = self->master->size;
    while (count < S_BATCH && self->index < end) {
        places [count++] = self->index - self->at;
        s_next_index (self);
    }
    const void *from =
        gradmq_payload_read (self->payload, &self->mark, count * self->dtype->size, raw);
    self->real->convert (self->dtype, values, from, count);
    for (size_t i = 0; i < count; i++)
        memcpy ((uint8_t *) self->scratch + places [i] * size, (const uint8_t *) values + i * size,
                size);
}

static const void *
s_read (gradmq_reader_t *self, size_t count)
{
    uint64_t end = self->at + count;
    memset (self->scratch, 0, count * self->master->size);
    while (self->index < end)
        s_scatter (self, end);
    self->at = end;
    return self->scratch;
}

extern const gradmq_decoder_t gradmq_decoder_top_k;
const gradmq_decoder_t gradmq_decoder_top_k = {.open = s_open, .read = s_read};
