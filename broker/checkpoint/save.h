//  Writing safetensors files that have the tensors of a layout more than once.

#ifndef GRADMQ_CHECKPOINT_SAVE_H
#define GRADMQ_CHECKPOINT_SAVE_H

#include "checkpoint/safetensors.h"

//  A prefix is shorter.
#define GRADMQ_PIECE_PREFIX_BYTES 80u

//  All tensors of the layout once: packed, under their names behind a prefix, "" for none.
typedef struct {
    const char *prefix;
    const void *data;
} gradmq_piece_t;

//  A file to be written.
typedef struct {
    const char *path;
    bool private;  //  nobody but its owner may read it
    const gradmq_layout_t *layout;
    const gradmq_dtype_t *dtype;
    const gradmq_piece_t *pieces;
    size_t piece_count;
    const gradmq_metadata_t *metadata;
    size_t metadata_count;
} gradmq_save_t;

//  Write it as gradmq_safetensors_save does, the pieces one after the other, without a copy of them.
//    `bytes`  how many it has
//    errors   those of gradmq_safetensors_save
GRADMQ_MUST_CHECK gradmq_err_t gradmq_save (const gradmq_save_t *self, uint64_t *bytes,
                                            gradmq_reason_t *reason);

#endif
