//  The header of a safetensors file: JSON text to checked entries.

#ifndef GRADMQ_CHECKPOINT_HEADER_H
#define GRADMQ_CHECKPOINT_HEADER_H

#include "checkpoint/safetensors.h"

typedef struct {
    const char *name;
    const gradmq_dtype_t *dtype;
    uint32_t rank;
    uint64_t shape [GRADMQ_RANK_MAX];
    uint64_t begin, end;  //  bytes, from the first byte behind the header
} gradmq_entry_t;

typedef struct {
    gradmq_entry_t *entries;  //  in the order of their data, without a gap between them
    size_t count;
    gradmq_metadata_t *metadata;  //  in the order of the keys
    size_t metadata_count;
} gradmq_header_t;

//  Read the header `text`, which becomes a part of *self: names point into it.
//    `data_bytes`  what follows the header in the file
//    `path`        for the reason
//    errors        FORMAT, UNSUPPORTED, SHAPE, MEMORY; gradmq_header_free is due all the same
GRADMQ_MUST_CHECK gradmq_err_t gradmq_header_read (gradmq_header_t *self, char *text, size_t size,
                                                   uint64_t data_bytes, const char *path,
                                                   gradmq_reason_t *reason);

//  Free what the reader made; the text is the caller's.
void gradmq_header_free (gradmq_header_t *self);

//  The first key that two of the pairs have in common, NULL when there is none. Sorts them by key.
const char *gradmq_metadata_sort (gradmq_metadata_t *pairs, size_t count);

#endif
