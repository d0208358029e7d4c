//  A gradient's header frame, written without a detour through a message object: a worker that pushes
//  small gradients spends its time here. PROTOCOL.md, sections 2 and 9; gradient.proto.

#ifndef GRADMQ_CLIENT_HEADER_H
#define GRADMQ_CLIENT_HEADER_H

#include "gradmq.h"

//  One part as its header tells it.
typedef struct {
    uint32_t tensor;
    uint32_t encoding;
    uint64_t bytes;
    uint64_t count;  //  0: not told
} gradmq_push_header_part_t;

typedef struct {
    uint64_t sequence, low_water;
    bool has_base;
    uint64_t base_epoch, base_version;
    uint32_t kind;
    uint64_t layout;
    const gradmq_push_t *push;  //  NULL: as all zero
    const gradmq_push_header_part_t *parts;
    size_t part_count;
} gradmq_push_header_fields_t;

//  Grows as it is needed; the first fields are written once.
typedef struct {
    uint8_t *bytes;
    size_t room, prefix, size;
} gradmq_push_header_t;

//  Write what all gradients of an incarnation begin with.
//    owns    the caller's: gradmq_push_header_free
//    returns false: out of memory
bool gradmq_push_header_open (gradmq_push_header_t *self, const char *model, const char *worker,
                              uint64_t incarnation);
void gradmq_push_header_free (gradmq_push_header_t *self);

//  Write a gradient's header to self->bytes, self->size long.
//    returns false: out of memory
bool gradmq_push_header_write (gradmq_push_header_t *self,
                               const gradmq_push_header_fields_t *fields);

#endif
