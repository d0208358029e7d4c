//  The wire format of protobuf, one field at a time, without a schema.

#ifndef GRADMQ_WIRE_FIELD_H
#define GRADMQ_WIRE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  Wire types. 3 and 4 (groups) are not used by this protocol and cannot be read.
typedef enum {
    GRADMQ_WIRE_VARINT = 0,
    GRADMQ_WIRE_FIXED64 = 1,
    GRADMQ_WIRE_LENGTH = 2,
    GRADMQ_WIRE_FIXED32 = 5
} gradmq_wire_type_t;

typedef struct {
    uint32_t number;
    gradmq_wire_type_t type;
    uint64_t value;        //  0 for LENGTH
    const uint8_t *bytes;  //  what a LENGTH field holds, else NULL
    size_t size;
} gradmq_field_t;

//  Where a reader stands.
typedef struct {
    const uint8_t *at, *end;
} gradmq_field_reader_t;

//  Read a varint, at most ten octets. False, and *self anywhere, when there is none.
bool gradmq_field_varint (gradmq_field_reader_t *self, uint64_t *value);

//  Read the next field. False when there is none or it is broken: self->at == self->end tells which.
bool gradmq_field_next (gradmq_field_reader_t *self, gradmq_field_t *field);

#endif
