#include "core/bytes.h"

uint16_t
gradmq_get_u16 (const void *bytes)
{
    const uint8_t *b = bytes;
    return (uint16_t) (b [0] | b [1] << 8);
}

uint32_t
gradmq_get_u32 (const void *bytes)
{
    const uint8_t *b = bytes;
    return (uint32_t) b [0] | (uint32_t) b [1] << 8 | (uint32_t) b [2] << 16
           | (uint32_t) b [3] << 24;
}

uint64_t
gradmq_get_u64 (const void *bytes)
{
    const uint8_t *b = bytes;
    return gradmq_get_u32 (b) | (uint64_t) gradmq_get_u32 (b + 4) << 32;
}

void
gradmq_put_u16 (void *bytes, uint16_t value)
{
    uint8_t *b = bytes;
    b [0] = (uint8_t) value;
    b [1] = (uint8_t) (value >> 8);
}

void
gradmq_put_u32 (void *bytes, uint32_t value)
{
    uint8_t *b = bytes;
    for (int i = 0; i < 4; i++)
        b [i] = (uint8_t) (value >> 8 * i);
}

void
gradmq_put_u64 (void *bytes, uint64_t value)
{
    uint8_t *b = bytes;
    for (int i = 0; i < 8; i++)
        b [i] = (uint8_t) (value >> 8 * i);
}

gradmq_cursor_t
gradmq_cursor (const void *bytes, size_t size)
{
    return (gradmq_cursor_t){.bytes = bytes, .size = size};
}

size_t
gradmq_cursor_left (const gradmq_cursor_t *self)
{
    return self->size - self->at;
}

bool
gradmq_cursor_take (gradmq_cursor_t *self, size_t size, const uint8_t **bytes)
{
    if (gradmq_cursor_left (self) < size)
        return false;
    *bytes = self->bytes + self->at;
    self->at += size;
    return true;
}

bool
gradmq_cursor_u8 (gradmq_cursor_t *self, uint8_t *value)
{
    const uint8_t *bytes;
    if (!gradmq_cursor_take (self, 1, &bytes))
        return false;
    *value = bytes [0];
    return true;
}

bool
gradmq_cursor_u32 (gradmq_cursor_t *self, uint32_t *value)
{
    const uint8_t *bytes;
    if (!gradmq_cursor_take (self, 4, &bytes))
        return false;
    *value = gradmq_get_u32 (bytes);
    return true;
}

bool
gradmq_cursor_u64 (gradmq_cursor_t *self, uint64_t *value)
{
    const uint8_t *bytes;
    if (!gradmq_cursor_take (self, 8, &bytes))
        return false;
    *value = gradmq_get_u64 (bytes);
    return true;
}
