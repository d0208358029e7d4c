#include "wire/field.h"

#include "core/bytes.h"

#define S_VARINT_BYTES_MAX 10
#define S_NUMBER_MAX 0x1fffffffu

bool
gradmq_field_varint (gradmq_field_reader_t *self, uint64_t *value)
{
    const uint8_t *at = self->at;
    size_t left = (size_t) (self->end - at);
    size_t most = left < S_VARINT_BYTES_MAX ? left : S_VARINT_BYTES_MAX;
    uint64_t sum = 0;
    for (size_t i = 0; i < most; i++) {
        sum |= (uint64_t) (at [i] & 0x7f) << (7 * i);
        if (at [i] < 0x80) {
            self->at = at + i + 1;
            *value = sum;
            return true;
        }
    }
    return false;
}

static bool
s_fixed (gradmq_field_reader_t *self, gradmq_field_t *field, size_t size)
{
    if ((size_t) (self->end - self->at) < size)
        return false;
    field->value = size == 8 ? gradmq_get_u64 (self->at) : gradmq_get_u32 (self->at);
    self->at += size;
    return true;
}

static bool
s_length (gradmq_field_reader_t *self, gradmq_field_t *field)
{
    uint64_t size;
    if (!gradmq_field_varint (self, &size) || size > (size_t) (self->end - self->at))
        return false;
    field->bytes = self->at;
    field->size = (size_t) size;
    self->at += size;
    return true;
}

static bool
s_content (gradmq_field_reader_t *self, gradmq_field_t *field)
{
    switch (field->type) {
        case GRADMQ_WIRE_VARINT:
            return gradmq_field_varint (self, &field->value);
        case GRADMQ_WIRE_FIXED64:
            return s_fixed (self, field, 8);
        case GRADMQ_WIRE_LENGTH:
            return s_length (self, field);
        case GRADMQ_WIRE_FIXED32:
            return s_fixed (self, field, 4);
    }
    return false;
}

bool
gradmq_field_next (gradmq_field_reader_t *self, gradmq_field_t *field)
{
    if (self->at == self->end)
        return false;
    gradmq_field_reader_t trial = *self;
    uint64_t tag;
    if (!gradmq_field_varint (&trial, &tag) || tag >> 3 == 0 || tag >> 3 > S_NUMBER_MAX)
        return false;
    *field = (gradmq_field_t){(uint32_t) (tag >> 3), (gradmq_wire_type_t) (tag & 7), 0, NULL, 0};
    if (!s_content (&trial, field))
        return false;
    *self = trial;
    return true;
}
