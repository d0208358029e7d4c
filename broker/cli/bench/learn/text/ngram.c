#include "cli/bench/learn/text/ngram.h"

#include <stdbool.h>
#include <stdlib.h>

enum { ORDER = GRADMQ_NGRAM_ORDER, BYTES = 256 };

//  Of a context: how many bytes came after it, and how many different ones. Of a context and a byte: how
//  often.
typedef struct {
    uint64_t key;  //  0: free
    uint32_t count;
    uint32_t different;
} s_cell_t;

struct gradmq_ngram {
    s_cell_t *cells;
    size_t mask;
};

gradmq_ngram_t *
gradmq_ngram_new (size_t most)
{
    gradmq_ngram_t *self = calloc (1, sizeof *self);
    //  Two cells a byte for each order from 2 on, all that there can be for those below, and a fifth free.
    size_t cells = 2 * (ORDER - 1) * most + (BYTES + 1) * (BYTES + 1), space = 1;
    while (space < cells + cells / 4)
        space *= 2;
    if (self)
        self->cells = calloc (space, sizeof *self->cells);
    if (self && !self->cells) {
        free (self);
        return NULL;
    }
    if (self)
        self->mask = space - 1;
    return self;
}

void
gradmq_ngram_destroy (gradmq_ngram_t **self_p)
{
    if (!*self_p)
        return;
    free ((*self_p)->cells);
    free (*self_p);
    *self_p = NULL;
}

//  A key that says all: the bytes, how many they are, and whether there is one after them.
static uint64_t
s_key (const uint8_t *end, size_t order, unsigned next)
{
    uint64_t key = order + 1;
    for (size_t i = 0; i < order; i++)
        key = key << 8 | end [-1 - (ptrdiff_t) i];
    return key << 9 | next;
}

//  `next` of the key of a context.
enum { NOTHING = BYTES };

//  Where the key is, or where it would be.
static s_cell_t *
s_find (const gradmq_ngram_t *self, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    size_t at = (size_t) (hash ^ (hash >> 29)) & self->mask;
    while (self->cells [at].key && self->cells [at].key != key)
        at = (at + 1) & self->mask;
    return &self->cells [at];
}

static void
s_count (gradmq_ngram_t *self, const uint8_t *at, size_t order)
{
    s_cell_t *pair = s_find (self, s_key (at, order, *at));
    bool is_new = pair->count++ == 0;
    pair->key = s_key (at, order, *at);
    s_cell_t *context = s_find (self, s_key (at, order, NOTHING));
    context->key = s_key (at, order, NOTHING);
    context->count++;
    context->different += is_new;
}

void
gradmq_ngram_count (gradmq_ngram_t *self, const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        for (size_t order = 0; order <= ORDER && order <= i; order++)
            s_count (self, text + i, order);
}

double
gradmq_ngram_probability (const gradmq_ngram_t *self, const uint8_t *at, uint8_t next)
{
    double probability = 1.0 / BYTES;
    for (size_t order = 0; order <= ORDER; order++) {
        const s_cell_t *context = s_find (self, s_key (at, order, NOTHING));
        if (context->count == 0)
            break;
        const s_cell_t *pair = s_find (self, s_key (at, order, next));
        probability = (pair->count + context->different * probability)
                      / ((double) context->count + context->different);
    }
    return probability;
}
