//  Memory for one message: many small pieces, freed together, never more than a budget. What a
//  header from outside unpacks to lives here, so that no header can take memory without bound.

#ifndef GRADMQ_WIRE_ARENA_H
#define GRADMQ_WIRE_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gradmq_arena_chunk gradmq_arena_chunk_t;

typedef struct {
    uint8_t *at;                   //  next free byte of the newest chunk
    size_t room;                   //  bytes left there
    size_t budget;                 //  bytes that may still be asked for
    bool exhausted;                //  the budget said no
    gradmq_arena_chunk_t *chunks;  //  from the heap, newest first
    ProtobufCAllocator allocator;  //  for protobuf-c; its context is this arena
} gradmq_arena_t;

//  Bytes that a header of `size` bytes may unpack to.
size_t gradmq_arena_budget (size_t size);

//  An arena that gives at most `budget` bytes, the first `size` of them from `first`.
//    owns    borrows `first`, which may be NULL with size 0. *self must not move.
void gradmq_arena_init (gradmq_arena_t *self, void *first, size_t size, size_t budget);

//  Free all that came from the heap.
void gradmq_arena_clear (gradmq_arena_t *self);

//  An arena that lives on the heap, itself included; NULL: out of memory.
gradmq_arena_t *gradmq_arena_new (size_t first_chunk, size_t budget);

//  Free it with all that it gave. NULL and *NULL are fine.
void gradmq_arena_destroy (gradmq_arena_t **self_p);

//  `size` bytes, aligned for anything, not cleared; NULL: over the budget or out of memory.
void *gradmq_arena_take (gradmq_arena_t *self, size_t size);

//  `count` items of `size` bytes, all zero; NULL as above. Not NULL for a count of 0.
void *gradmq_arena_take_zero (gradmq_arena_t *self, size_t count, size_t size);

#endif
