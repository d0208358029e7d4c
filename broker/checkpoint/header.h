//  The header of a safetensors file: JSON text to checked entries.

#ifndef GRADMQ_CHECKPOINT_HEADER_H
#define GRADMQ_CHECKPOINT_HEADER_H

#include "checkpoint/checkpoint.h"
#include "checkpoint/file.h"
#include "checkpoint/safetensors.h"

//  A checkpoint has every tensor of its model several times.
#define GRADMQ_HEADER_ENTRIES_MAX                                                                  \
    (GRADMQ_TENSORS_MAX * (1u + GRADMQ_CHECKPOINT_STATES_MAX + GRADMQ_CHECKPOINT_SHADOWS_MAX))

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
    char *text;  //  names, keys and values point into it
} gradmq_header_t;

//  Read the length of the header and the header of a file.
//    `data_at`  where the data begins
//    owns       *self is the caller's: gradmq_header_free, on error too
//    errors     IO, and those of gradmq_header_read
GRADMQ_MUST_CHECK gradmq_err_t gradmq_header_load (gradmq_header_t *self,
                                                   const gradmq_source_t *source, uint64_t *data_at,
                                                   gradmq_reason_t *reason);

//  Read the header `text`.
//    `data_bytes`  what follows the header in the file
//    `path`        for the reason
//    owns          takes `text`, on success and on error
//    errors        FORMAT, UNSUPPORTED, SHAPE, MEMORY; gradmq_header_free is due all the same
GRADMQ_MUST_CHECK gradmq_err_t gradmq_header_read (gradmq_header_t *self, char *text, size_t size,
                                                   uint64_t data_bytes, const char *path,
                                                   gradmq_reason_t *reason);

void gradmq_header_free (gradmq_header_t *self);

//  The value of a key, NULL when it is not there.
const char *gradmq_header_value (const gradmq_header_t *self, const char *key);

//  The first key that two of the pairs have in common, NULL when there is none. Sorts them by key.
const char *gradmq_metadata_sort (gradmq_metadata_t *pairs, size_t count);

#endif
