#include "step/decoder.h"

#include <assert.h>
#include <string.h>

static void
s_open (gradmq_reader_t *self)
{
    gradmq_factors_forget (self->factors);
}

static const void *
s_read (gradmq_reader_t *self, size_t count)
{
    const gradmq_factored_t from = {.payload = self->payload,
                                    .begin = self->begin,
                                    .part = self->part,
                                    .tensor = self->tensor,
                                    .master = self->master,
                                    .real = self->real};
    size_t size = self->master->size;
    size_t piece = count;
    const void *values = gradmq_factors_read (self->factors, &from, self->at, &piece);
    if (piece < count) {
        memcpy (self->scratch, values, piece * size);
        for (size_t done = piece; done < count; done += piece) {
            piece = count - done;
            const void *more = gradmq_factors_read (self->factors, &from, self->at + done, &piece);
            memcpy ((uint8_t *) self->scratch + done * size, more, piece * size);
        }
        values = self->scratch;
    }
    self->at += count;
    return values;
}

extern const gradmq_decoder_t gradmq_decoder_low_rank;
const gradmq_decoder_t gradmq_decoder_low_rank = {.open = s_open, .read = s_read};
