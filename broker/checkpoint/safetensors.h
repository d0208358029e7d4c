//  Models as safetensors files: the header's length as a u64, a header of JSON, packed tensors.
//
//  What is read is held more strictly than the reference does: no duplicate and no unknown keys, no
//  hole, no overlap and no byte left over, no lone surrogate, no null. What is written opens in
//  every reader of the format.
//    source  https://github.com/huggingface/safetensors, "Format"

#ifndef GRADMQ_CHECKPOINT_SAFETENSORS_H
#define GRADMQ_CHECKPOINT_SAFETENSORS_H

#include "tensor/layout.h"

#define GRADMQ_SAFETENSORS_HEADER_BYTES_MAX 100000000u
#define GRADMQ_SAFETENSORS_METADATA_MAX 4096u

//  One pair of a file's metadata.
typedef struct {
    const char *key;
    const char *value;
} gradmq_metadata_t;

//  A model that was read.
typedef struct gradmq_safetensors gradmq_safetensors_t;

//  Read a file. Tensors stand in the order of their data; F32, F64, F16 and BF16 may be mixed and
//  are converted to the master dtype. Values that are not finite pass. Of a checkpoint the
//  parameters alone are taken, and its checksum is not looked at.
//    `dtype`  master dtype, F32 or F64; 0: F64 when one of the tensors is, else F32, so that no
//             value changes
//    owns     *self_p is the caller's: gradmq_safetensors_destroy
//    errors   IO (cannot be read), FORMAT (not a safetensors file), UNSUPPORTED (a tensor of
//             another type), NAME, SHAPE (a tensor that no model can have), NON_FINITE (a finite
//             F64 that does not fit into the F32 asked for), MEMORY; each names the file and the
//             place, and *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_safetensors_load (gradmq_safetensors_t **self_p,
                                                        const char *path, uint32_t dtype,
                                                        gradmq_reason_t *reason);

//  The same from memory, which is not needed afterwards.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_safetensors_parse (gradmq_safetensors_t **self_p,
                                                         const void *bytes, size_t size,
                                                         uint32_t dtype, gradmq_reason_t *reason);

void gradmq_safetensors_destroy (gradmq_safetensors_t **self_p);

//  Borrowed.
gradmq_layout_t *gradmq_safetensors_layout (const gradmq_safetensors_t *self);
const gradmq_metadata_t *gradmq_safetensors_metadata (const gradmq_safetensors_t *self);
size_t gradmq_safetensors_metadata_count (const gradmq_safetensors_t *self);

//  The parameters: packed in the layout's dtype, aligned to 64 bytes, gradmq_layout_bytes long.
//  Borrowed; NULL after gradmq_safetensors_take.
const void *gradmq_safetensors_data (const gradmq_safetensors_t *self);

//  The same buffer for the caller.
//    owns    the caller gives it to gradmq_safetensors_free, before or after self is destroyed
void *gradmq_safetensors_take (gradmq_safetensors_t *self);

//  Free what was taken. NULL is fine.
//    thread  any
void gradmq_safetensors_free (void *data);

//  Write a file: under a temporary name in the same folder, to the disk, then under its own name,
//  so that there is the old file or the whole new one at any time. A symbolic link is replaced.
//    shape   `data` packed in `dtype`, tensors in the layout's order
//    errors  IO (with the system's words), ARGUMENT (metadata with a key twice, or not UTF-8),
//            TOO_LARGE (a header beyond the format's limit), MEMORY; the old file is then untouched
GRADMQ_MUST_CHECK gradmq_err_t gradmq_safetensors_save (
    const char *path, const gradmq_layout_t *layout, const gradmq_dtype_t *dtype, const void *data,
    const gradmq_metadata_t *metadata, size_t metadata_count, gradmq_reason_t *reason);

#endif
