//  Little-endian numbers at any address, and a cursor that never reads past its end.

#ifndef GRADMQ_CORE_BYTES_H
#define GRADMQ_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t gradmq_get_u16 (const void *bytes);
uint32_t gradmq_get_u32 (const void *bytes);
uint64_t gradmq_get_u64 (const void *bytes);
void gradmq_put_u16 (void *bytes, uint16_t value);
void gradmq_put_u32 (void *bytes, uint32_t value);
void gradmq_put_u64 (void *bytes, uint64_t value);

//  A view of bytes that somebody else owns, and how far it was read.
typedef struct {
    const uint8_t *bytes;
    size_t size;
    size_t at;
} gradmq_cursor_t;

gradmq_cursor_t gradmq_cursor (const void *bytes, size_t size);
size_t gradmq_cursor_left (const gradmq_cursor_t *self);

//  Each returns false, and moves nothing, when too little is left.
bool gradmq_cursor_u8 (gradmq_cursor_t *self, uint8_t *value);
bool gradmq_cursor_u32 (gradmq_cursor_t *self, uint32_t *value);
bool gradmq_cursor_u64 (gradmq_cursor_t *self, uint64_t *value);
bool gradmq_cursor_take (gradmq_cursor_t *self, size_t size, const uint8_t **bytes);

#endif
