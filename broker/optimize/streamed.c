#include "optimize/streamed.h"

#include "kernel/kernel.h"

#include <assert.h>

//  Bytes a piece: long enough that a call costs little, short enough that the processor reads the
//  next piece while it writes this one.
#define PIECE 512u
#define LINE 64u

//  The length in bytes of the piece that goes to `to`: whole lines from the second on.
static size_t
s_piece (const char *to, size_t size, size_t left)
{
    size_t head = (size_t) (-(uintptr_t) to % LINE);
    size_t piece = head && head % size == 0 ? head : PIECE;
    return piece < left ? piece : left;
}

double
gradmq_block_streamed (gradmq_pass_t *pass, const gradmq_block_t *block, size_t size)
{
    _Alignas(LINE) char scratch [PIECE];
    gradmq_block_t piece = *block;
    char *to = block->p_new;
    double limit = 0;
    piece.p_new = scratch;
    for (size_t at = 0, bytes = 0; at < block->count * size; at += bytes) {
        bytes = s_piece (to + at, size, block->count * size - at);
        piece.p = (const char *) block->p + at;
        piece.g = (const char *) block->g + at;
        for (size_t i = 0; i < GRADMQ_STATES_MAX; i++)
            piece.state [i] = block->state [i] ? (char *) block->state [i] + at : NULL;
        piece.count = bytes / size;
        limit = gradmq_kernel_worse (limit, pass (&piece));
        gradmq_kernel_stream (to + at, scratch, bytes);
    }
    return limit;
}

double
gradmq_series_streamed (gradmq_series_pass_t *pass, const gradmq_series_t *series, size_t size)
{
    assert (series->gradients <= GRADMQ_SERIES_MAX);
    _Alignas(LINE) char scratch [PIECE];
    const void *g [GRADMQ_SERIES_MAX];
    gradmq_series_t piece = *series;
    char *to = series->p_new;
    double limit = 0;
    piece.p_new = scratch;
    piece.g = g;
    for (size_t at = 0, bytes = 0; at < series->count * size; at += bytes) {
        bytes = s_piece (to + at, size, series->count * size - at);
        piece.p = (const char *) series->p + at;
        for (size_t i = 0; i < series->gradients; i++)
            g [i] = (const char *) series->g [i] + at;
        piece.count = bytes / size;
        limit = gradmq_kernel_worse (limit, pass (&piece));
        gradmq_kernel_stream (to + at, scratch, bytes);
    }
    return limit;
}
