//  What counting comes to: the probability of a byte after those before it, from how often it came there.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_NGRAM_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_NGRAM_H

#include "core/reason.h"

#include <stddef.h>
#include <stdint.h>

//  Bytes that it looks back, at most.
#define GRADMQ_NGRAM_ORDER 4u

typedef struct gradmq_ngram gradmq_ngram_t;

//    `most`   bytes that are going to be counted, at most
//    returns  NULL: out of memory
gradmq_ngram_t *gradmq_ngram_new (size_t most);
void gradmq_ngram_destroy (gradmq_ngram_t **self_p);

//  Count a text, in which each byte is seen after up to GRADMQ_NGRAM_ORDER others.
void gradmq_ngram_count (gradmq_ngram_t *self, const uint8_t *text, size_t size);

//  The probability of `next` after the bytes that end before `at`, at least GRADMQ_NGRAM_ORDER of them.
//    source  Witten and Bell, 1991, method C; interpolated, down to all bytes being alike
double gradmq_ngram_probability (const gradmq_ngram_t *self, const uint8_t *at, uint8_t next);

#endif
