#include "step/decoder.h"

#include "kernel/int8.h"
#include "tensor/encoding.h"

_Static_assert(GRADMQ_INT8_BLOCK == GRADMQ_KERNEL_INT8_BLOCK, "the same blocks");

static void
s_open (gradmq_reader_t *self)
{
    self->head = self->mark;
    gradmq_reader_skip (self, gradmq_part_head (self->tensor, self->part));
}

static void
s_next_scale (gradmq_reader_t *self)
{
    uint8_t scratch [GRADMQ_HEAD_UNIT];
    const void *from = gradmq_payload_read (self->payload, &self->head, sizeof scratch, scratch);
    self->dtype->to_f64 (&self->scale, from, 1);
}

static const void *
s_read (gradmq_reader_t *self, size_t count)
{
    uint8_t octets [GRADMQ_INT8_BLOCK];
    uint8_t *to = self->scratch;
    for (size_t left = count; left;) {
        size_t in_block = (size_t) (self->at % GRADMQ_INT8_BLOCK);
        if (in_block == 0)
            s_next_scale (self);
        size_t piece = GRADMQ_INT8_BLOCK - in_block;
        if (piece > left)
            piece = left;
        const void *from = gradmq_payload_read (self->payload, &self->mark, piece, octets);
        self->real->int8 (to, from, self->scale, piece);
        to += piece * self->master->size;
        self->at += piece;
        left -= piece;
    }
    return self->scratch;
}

extern const gradmq_decoder_t gradmq_decoder_int8;
const gradmq_decoder_t gradmq_decoder_int8 = {.open = s_open, .read = s_read};
