#include "header.h"

#include "core/bytes.h"
#include "core/code.h"
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

//  Field numbers of gradmq.v1.Gradient and what is in it.
enum {
    MODEL = 1,
    WORKER = 2,
    INCARNATION = 3,
    SEQUENCE = 4,
    LOW_WATER = 5,
    BASED_ON = 6,
    CLOCK = 7,
    LAST_OF_CLOCK = 8,
    KIND = 9,
    WEIGHT = 10,
    LAYOUT = 11,
    DTYPE = 12,
    LOSS_SCALE = 13,
    PARTS = 14,
    METRICS = 15
};
enum { VARINT = 0, FIXED64 = 1, LENGTH = 2 };

//  Longest of all fields but names, parts and metrics; of a part; of a metric beside its name.
#define FIXED_BYTES 192
#define PART_BYTES 48
#define METRIC_BYTES 32

static uint8_t *
s_varint (uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t) (value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t) value;
    return at;
}

static uint8_t *
s_number (uint8_t *at, unsigned field, uint64_t value)
{
    return s_varint (s_varint (at, (uint64_t) field << 3 | VARINT), value);
}

static uint8_t *
s_fixed (uint8_t *at, unsigned field, uint64_t value)
{
    at = s_varint (at, (uint64_t) field << 3 | FIXED64);
    gradmq_put_u64 (at, value);
    return at + 8;
}

static uint8_t *
s_real (uint8_t *at, unsigned field, double value)
{
    uint64_t bits;
    memcpy (&bits, &value, sizeof bits);
    return s_fixed (at, field, bits);
}

static uint8_t *
s_bytes (uint8_t *at, unsigned field, const void *bytes, size_t size)
{
    at = s_varint (s_varint (at, (uint64_t) field << 3 | LENGTH), size);
    memcpy (at, bytes, size);
    return at + size;
}

static bool
s_room (gradmq_push_header_t *self, size_t room)
{
    if (room <= self->room)
        return true;
    uint8_t *bytes = (uint8_t *) realloc (self->bytes, room);
    if (bytes == NULL)
        return false;
    self->bytes = bytes;
    self->room = room;
    return true;
}

bool
gradmq_push_header_open (gradmq_push_header_t *self, const char *model, const char *worker,
                         uint64_t incarnation)
{
    static const uint8_t preamble [GRADMQ_PREAMBLE_BYTES] = {
        0x47, 0x4D, 0x51, 0xF1, 0x01, GRADMQ_FRAME_GRADIENT, 0, 0};
    *self = (gradmq_push_header_t){0};
    if (!s_room (self, sizeof preamble + strlen (model) + strlen (worker) + FIXED_BYTES))
        return false;
    uint8_t *at = self->bytes;
    memcpy (at, preamble, sizeof preamble);
    at = s_bytes (at + sizeof preamble, MODEL, model, strlen (model));
    at = s_bytes (at, WORKER, worker, strlen (worker));
    at = s_number (at, INCARNATION, incarnation);
    self->prefix = (size_t) (at - self->bytes);
    return true;
}

void
gradmq_push_header_free (gradmq_push_header_t *self)
{
    free (self->bytes);
    *self = (gradmq_push_header_t){0};
}

static uint8_t *
s_base (uint8_t *at, uint64_t epoch, uint64_t version)
{
    uint8_t base [24];
    uint8_t *end = s_number (s_number (base, 1, epoch), 2, version);
    return s_bytes (at, BASED_ON, base, (size_t) (end - base));
}

static uint8_t *
s_part (uint8_t *at, const gradmq_push_header_part_t *part)
{
    uint8_t bytes [PART_BYTES];
    uint8_t *end = s_number (bytes, 1, part->tensor);
    if (part->encoding != GRADMQ_ENCODING_DENSE)
        end = s_number (end, 2, part->encoding);
    end = s_number (end, 4, part->bytes);
    if (part->count)
        end = s_number (end, 5, part->count);
    return s_bytes (at, PARTS, bytes, (size_t) (end - bytes));
}

static uint8_t *
s_metric (uint8_t *at, const gradmq_metric_info_t *metric)
{
    uint8_t bytes [GRADMQ_NAME_BYTES_MAX + METRIC_BYTES];
    uint8_t *end = s_bytes (bytes, 1, metric->name, strlen (metric->name));
    end = s_real (end, 2, metric->value);
    if (metric->weight != 0)
        end = s_real (end, 3, metric->weight);
    return s_bytes (at, METRICS, bytes, (size_t) (end - bytes));
}

//  What the push says beyond the numbers.
static uint8_t *
s_push (uint8_t *at, const gradmq_push_t *push)
{
    if (push->has_clock)
        at = s_number (at, CLOCK, push->clock);
    if (push->last_of_clock)
        at = s_number (at, LAST_OF_CLOCK, 1);
    if (push->weight != 0)
        at = s_real (at, WEIGHT, push->weight);
    if (push->dtype)
        at = s_number (at, DTYPE, push->dtype);
    if (push->loss_scale != 0)
        at = s_real (at, LOSS_SCALE, push->loss_scale);
    for (size_t i = 0; i < push->metric_count; i++)
        at = s_metric (at, &push->metrics [i]);
    return at;
}

bool
gradmq_push_header_write (gradmq_push_header_t *self, const gradmq_push_header_fields_t *fields)
{
    size_t metrics = fields->push ? fields->push->metric_count : 0;
    if (!s_room (self, self->prefix + FIXED_BYTES + fields->part_count * (PART_BYTES + 2)
                           + metrics * (GRADMQ_NAME_BYTES_MAX + METRIC_BYTES + 2)))
        return false;
    uint8_t *at = self->bytes + self->prefix;
    at = s_number (at, SEQUENCE, fields->sequence);
    at = s_number (at, LOW_WATER, fields->low_water);
    if (fields->has_base)
        at = s_base (at, fields->base_epoch, fields->base_version);
    if (fields->kind != GRADMQ_KIND_GRADIENT)
        at = s_number (at, KIND, fields->kind);
    at = s_fixed (at, LAYOUT, fields->layout);
    if (fields->push)
        at = s_push (at, fields->push);
    for (size_t i = 0; i < fields->part_count; i++)
        at = s_part (at, &fields->parts [i]);
    self->size = (size_t) (at - self->bytes);
    return true;
}
