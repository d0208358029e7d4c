#include "step/decoder.h"

#include <assert.h>

//  Returns where the values stand now.
static const void *
s_factor (const gradmq_reader_t *self, const void *from, double factor, size_t count)
{
    if (factor == 1.0)
        return from;
    if (factor == -1.0)
        self->real->negate (self->scratch, from, count);
    else
        self->real->scale (self->scratch, from, factor, count);
    return self->scratch;
}

const void *
gradmq_reader_read (gradmq_reader_t *self, size_t count)
{
    const void *values =
        self->decoder ? self->decoder->read (self, count) : gradmq_decode_plain (self, count);
    values = s_factor (self, values, self->transform.first, count);
    if (self->transform.clamp > 0.0) {
        self->real->clamp (self->scratch, values, self->transform.clamp, count);
        values = self->scratch;
    }
    return s_factor (self, values, self->transform.second, count);
}

void
gradmq_reader_skip (gradmq_reader_t *self, uint64_t bytes)
{
    gradmq_payload_mark_t *mark = &self->mark;
    while (bytes) {
        assert (mark->frame < self->payload->count);
        size_t left = self->payload->frames [mark->frame].size - mark->at;
        if (bytes < left) {
            mark->at += (size_t) bytes;
            return;
        }
        bytes -= left;
        *mark = (gradmq_payload_mark_t){mark->frame + 1, 0};
    }
}

void
gradmq_reader_leave (gradmq_reader_t *self, uint64_t elements)
{
    if (!self->decoder)
        gradmq_reader_skip (self, elements * self->dtype->size);
}

void
gradmq_reader_part (gradmq_reader_t *self, const gradmq_part_t *part, const gradmq_tensor_t *tensor)
{
    if (part->offset < self->begin_at) {
        self->begin = (gradmq_payload_mark_t){0, 0};
        self->begin_at = 0;
    }
    self->mark = self->begin;
    gradmq_reader_skip (self, part->offset - self->begin_at);
    self->begin = self->mark;
    self->begin_at = part->offset;
    self->dtype = part->dtype;
    self->decoder = gradmq_decoder (part->encoding);
    self->part = part;
    self->tensor = tensor;
    self->at = 0;
    if (self->decoder->open)
        self->decoder->open (self);
}
