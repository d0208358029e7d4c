#include "wire/frame.h"
#include "wire/gradient.h"

#include "core/bytes.h"

#include <stdlib.h>
#include <string.h>

#define S_USUAL_BYTES 512u

//  Writes while there is room, counts in any case.
typedef struct {
    uint8_t *to;
    size_t size;
    size_t at;
} s_writer_t;

static void
s_octet (s_writer_t *self, uint8_t octet)
{
    if (self->at < self->size)
        self->to [self->at] = octet;
    self->at++;
}

static void
s_octets (s_writer_t *self, const void *octets, size_t count)
{
    if (self->at < self->size && self->size - self->at >= count)
        memcpy (self->to + self->at, octets, count);
    self->at += count;
}

static void
s_varint (s_writer_t *self, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        s_octet (self, (uint8_t) (value | 0x80));
    s_octet (self, (uint8_t) value);
}

static void
s_put_number (s_writer_t *self, uint32_t field, uint64_t value)
{
    s_varint (self, field << 3);
    s_varint (self, value);
}

static void
s_put_fixed (s_writer_t *self, uint32_t field, uint64_t value)
{
    uint8_t octets [8];
    gradmq_put_u64 (octets, value);
    s_varint (self, field << 3 | 1);
    s_octets (self, octets, sizeof octets);
}

static void
s_put_double (s_writer_t *self, uint32_t field, double value)
{
    uint64_t bits;
    memcpy (&bits, &value, sizeof bits);
    s_put_fixed (self, field, bits);
}

static void
s_put_octets (s_writer_t *self, uint32_t field, const void *octets, size_t count)
{
    s_varint (self, field << 3 | 2);
    s_varint (self, count);
    s_octets (self, octets, count);
}

static bool
s_is_one (double value)
{
    return value >= 1 && value <= 1;
}

//  At most 2 x (1 + 10) bytes.
static void
s_put_base (s_writer_t *self, const gradmq_gradient_t *gradient)
{
    uint8_t inner [32];
    s_writer_t base = {inner, sizeof inner, 0};
    s_put_number (&base, 1, gradient->base_epoch);
    s_put_number (&base, 2, gradient->base_version);
    s_put_octets (self, 6, inner, base.at);
}

//  At most 3 x (1 + 5) + 2 x (1 + 10) bytes.
static void
s_put_part (s_writer_t *self, const gradmq_gradient_t *gradient, size_t i)
{
    const gradmq_part_t *part = &gradient->parts [i];
    uint8_t inner [64];
    s_writer_t inside = {inner, sizeof inner, 0};
    s_put_number (&inside, 1, part->tensor);
    if (part->encoding != GRADMQ_ENCODING_DENSE)
        s_put_number (&inside, 2, part->encoding);
    if (part->dtype)
        s_put_number (&inside, 3, part->dtype->code);
    if (gradient->stated_bytes && gradient->stated_bytes [i] != UINT64_MAX)
        s_put_number (&inside, 4, gradient->stated_bytes [i]);
    if (part->count)
        s_put_number (&inside, 5, part->count);
    s_put_octets (self, 14, inner, inside.at);
}

//  At most 1 + 1 + 64 + 2 x (1 + 8) bytes.
static void
s_put_metric (s_writer_t *self, const gradmq_metric_t *metric)
{
    uint8_t inner [128];
    s_writer_t inside = {inner, sizeof inner, 0};
    s_put_octets (&inside, 1, metric->name, strlen (metric->name));
    s_put_double (&inside, 2, metric->value);
    if (!s_is_one (metric->weight))
        s_put_double (&inside, 3, metric->weight);
    s_put_octets (self, 15, inner, inside.at);
}

static void
s_put_identity (s_writer_t *self, const gradmq_gradient_t *gradient)
{
    s_put_octets (self, 1, gradient->model, strlen (gradient->model));
    s_put_octets (self, 2, gradient->worker, strlen (gradient->worker));
    s_put_number (self, 3, gradient->incarnation);
    s_put_number (self, 4, gradient->sequence);
    s_put_number (self, 5, gradient->low_water);
    if (gradient->has_base)
        s_put_base (self, gradient);
    if (gradient->has_clock)
        s_put_number (self, 7, gradient->clock);
    if (gradient->last_of_clock)
        s_put_number (self, 8, 1);
}

static void
s_put_content (s_writer_t *self, const gradmq_gradient_t *gradient)
{
    if (gradient->kind != GRADMQ_KIND_GRADIENT)
        s_put_number (self, 9, gradient->kind);
    if (!s_is_one (gradient->weight))
        s_put_double (self, 10, gradient->weight);
    if (gradient->layout)
        s_put_fixed (self, 11, gradient->layout);
    if (gradient->dtype)
        s_put_number (self, 12, gradient->dtype);
    if (!s_is_one (gradient->loss_scale))
        s_put_double (self, 13, gradient->loss_scale);
    for (size_t i = 0; i < gradient->part_count; i++)
        s_put_part (self, gradient, i);
    for (size_t i = 0; i < gradient->metric_count; i++)
        s_put_metric (self, &gradient->metrics [i]);
}

size_t
gradmq_wire_encode_gradient_into (const gradmq_gradient_t *self, void *buffer, size_t size)
{
    s_writer_t writer = {buffer, size, 0};
    uint8_t preamble [GRADMQ_PREAMBLE_BYTES];
    gradmq_frame_put_preamble (preamble, GRADMQ_FRAME_GRADIENT);
    s_octets (&writer, preamble, sizeof preamble);
    s_put_identity (&writer, self);
    s_put_content (&writer, self);
    return writer.at;
}

gradmq_err_t
gradmq_wire_encode_gradient (const gradmq_gradient_t *self, void **header, size_t *size)
{
    uint8_t usual [S_USUAL_BYTES];
    *size = gradmq_wire_encode_gradient_into (self, usual, sizeof usual);
    *header = malloc (*size);
    if (!*header)
        return GRADMQ_ERR_MEMORY;
    if (*size <= sizeof usual)
        memcpy (*header, usual, *size);
    else
        (void) gradmq_wire_encode_gradient_into (self, *header, *size);
    return GRADMQ_OK;
}
