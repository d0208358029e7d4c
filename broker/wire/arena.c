#include "wire/arena.h"

#include <stdlib.h>
#include <string.h>

#define S_ALIGNMENT 16u
#define S_CHUNK_LEAST 2048u
#define S_BUDGET_FACTOR 64u
#define S_BUDGET_BASE (64u << 10)

struct gradmq_arena_chunk {
    _Alignas(S_ALIGNMENT) gradmq_arena_chunk_t *next;
    size_t size;
};

size_t
gradmq_arena_budget (size_t size)
{
    return size * S_BUDGET_FACTOR + S_BUDGET_BASE;
}

static void *
s_alloc (void *arena, size_t size)
{
    return gradmq_arena_take (arena, size);
}

static void
s_free (void *arena, void *pointer)
{
    (void) arena;
    (void) pointer;
}

void
gradmq_arena_init (gradmq_arena_t *self, void *first, size_t size, size_t budget)
{
    size_t skip = (S_ALIGNMENT - (uintptr_t) first % S_ALIGNMENT) % S_ALIGNMENT;
    skip = skip < size ? skip : size;
    self->at = first ? (uint8_t *) first + skip : NULL;
    self->room = size - skip;
    self->budget = budget;
    self->exhausted = false;
    self->chunks = NULL;
    self->allocator = (ProtobufCAllocator){s_alloc, s_free, self};
}

void
gradmq_arena_clear (gradmq_arena_t *self)
{
    while (self->chunks) {
        gradmq_arena_chunk_t *chunk = self->chunks;
        self->chunks = chunk->next;
        free (chunk);
    }
    self->at = NULL;
    self->room = 0;
}

gradmq_arena_t *
gradmq_arena_new (size_t first_chunk, size_t budget)
{
    size_t head = (sizeof (gradmq_arena_t) + S_ALIGNMENT - 1) / S_ALIGNMENT * S_ALIGNMENT;
    gradmq_arena_t *self = malloc (head + first_chunk);
    if (self)
        gradmq_arena_init (self, (uint8_t *) self + head, first_chunk, budget);
    return self;
}

void
gradmq_arena_destroy (gradmq_arena_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_arena_clear (*self_p);
    free (*self_p);
    *self_p = NULL;
}

//  A chunk with room for `size` bytes becomes the newest.
static bool
s_grow (gradmq_arena_t *self, size_t size)
{
    size_t room = self->chunks ? self->chunks->size * 2 : S_CHUNK_LEAST;
    if (room > self->budget)
        room = self->budget;
    if (room < size)
        room = size;
    gradmq_arena_chunk_t *chunk = malloc (sizeof *chunk + room);
    if (!chunk)
        return false;
    chunk->next = self->chunks;
    chunk->size = room;
    self->chunks = chunk;
    self->at = (uint8_t *) (chunk + 1);
    self->room = room;
    return true;
}

void *
gradmq_arena_take (gradmq_arena_t *self, size_t size)
{
    if (size > self->budget) {
        self->exhausted = true;
        return NULL;
    }
    size_t padded = (size + S_ALIGNMENT - 1) / S_ALIGNMENT * S_ALIGNMENT;
    if (padded > self->room && !s_grow (self, padded))
        return NULL;
    void *piece = self->at;
    self->at += padded;
    self->room -= padded;
    self->budget -= padded < self->budget ? padded : self->budget;
    return piece;
}

void *
gradmq_arena_take_zero (gradmq_arena_t *self, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow (count, size, &bytes)) {
        self->exhausted = true;
        return NULL;
    }
    void *piece = gradmq_arena_take (self, bytes ? bytes : 1);
    if (piece)
        memset (piece, 0, bytes);
    return piece;
}
