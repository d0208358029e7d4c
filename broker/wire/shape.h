//  How a message of the schema and a struct of wire/message.h correspond: a row a field, read both
//  ways. Rows are written with the macros of wire/shape_rows.h.

#ifndef GRADMQ_WIRE_SHAPE_H
#define GRADMQ_WIRE_SHAPE_H

#include "core/reason.h"
#include "wire/arena.h"

typedef struct gradmq_shape gradmq_shape_t;

typedef enum {
    GRADMQ_ROW_U64,
    GRADMQ_ROW_U32,
    GRADMQ_ROW_F64,
    GRADMQ_ROW_BOOL,
    GRADMQ_ROW_TEXT,      //  const char *
    GRADMQ_ROW_NAME,      //  char [GRADMQ_NAME_BYTES_MAX + 1]
    GRADMQ_ROW_LIST,      //  gradmq_texts_t or gradmq_numbers_t: shared with the message
    GRADMQ_ROW_SHAPE,     //  of a tensor: const uint64_t * and a rank of 32 bits
    GRADMQ_ROW_POINTERS,  //  const char *const * and a size_t
    GRADMQ_ROW_ONE,       //  a message in the message
    GRADMQ_ROW_MANY       //  repeated messages: an array and a size_t
} gradmq_row_kind_t;

//  When a field is written.
typedef enum {
    GRADMQ_WHEN_NOT_ZERO,
    GRADMQ_WHEN_ALWAYS,
    GRADMQ_WHEN_HAS,     //  the bool at `has` is true; reading sets it
    GRADMQ_WHEN_COUNTED  //  the size_t at `has` is not 0
} gradmq_row_when_t;

//  Offsets: `mine` and `has` in our struct, `theirs` and `quantifier` (presence or count) in
//  protobuf-c's.
typedef struct {
    gradmq_row_kind_t kind;
    gradmq_row_when_t when;
    size_t mine, has;
    size_t theirs, quantifier;
    const gradmq_shape_t *shape;  //  ONE and MANY
} gradmq_row_t;

struct gradmq_shape {
    const ProtobufCMessageDescriptor *descriptor;
    size_t size;  //  of our struct
    const gradmq_row_t *rows;
    size_t count;
};

//  Fill our struct, all zero before, from a message. Texts and lists are shared with the message.
//    errors  NAME (one that does not fit), MEMORY or TOO_LARGE (arena)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_shape_read (const gradmq_shape_t *self, void *mine,
                                                  const void *message, gradmq_arena_t *arena,
                                                  gradmq_reason_t *reason);

//  A message from our struct, in the arena, sharing its texts and lists; NULL: out of memory.
void *gradmq_shape_write (const gradmq_shape_t *self, const void *mine, gradmq_arena_t *arena);

#endif
