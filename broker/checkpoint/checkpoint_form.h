//  The form of a checkpoint's file: what writing and reading have in common.

#ifndef GRADMQ_CHECKPOINT_CHECKPOINT_FORM_H
#define GRADMQ_CHECKPOINT_CHECKPOINT_FORM_H

#include "checkpoint/checkpoint.h"
#include "checkpoint/save.h"

//  The value of the key `format`.
#define GRADMQ_CHECKPOINT_FORMAT "gradmq-checkpoint-1"

//  Between what a tensor is and the name it belongs to. No tensor of a model has it in its name.
#define GRADMQ_CHECKPOINT_SEPARATOR '\t'

//  All tensors of the layout once: the parameters, a state or a shadow.
#define GRADMQ_CHECKPOINT_PARTS_MAX                                                                \
    (1u + GRADMQ_CHECKPOINT_STATES_MAX + GRADMQ_CHECKPOINT_SHADOWS_MAX)

typedef enum {
#define X(key, kind) GRADMQ_CHECKPOINT_KEY_##key,
#include "checkpoint/checkpoint_key.def"
#undef X
    GRADMQ_CHECKPOINT_KEYS
} gradmq_checkpoint_key_id_t;

typedef enum {
    GRADMQ_CHECKPOINT_OWN,
    GRADMQ_CHECKPOINT_COUNT,
    GRADMQ_CHECKPOINT_TEXT
} gradmq_checkpoint_kind_t;

//  A row of checkpoint_key.def.
typedef struct {
    const char *name;
    gradmq_checkpoint_kind_t kind;
    size_t offset;  //  of COUNT and TEXT, in gradmq_checkpoint_t
} gradmq_checkpoint_key_t;

extern const gradmq_checkpoint_key_t gradmq_checkpoint_keys [GRADMQ_CHECKPOINT_KEYS];

//  Is this the format of a checkpoint, of whatever version?
bool gradmq_checkpoint_is_format (const char *format);

//  What stands in front of the names of part `part`: nothing for part 0, the parameters; then come the
//  states, then the shadows.
void gradmq_checkpoint_prefix (const gradmq_checkpoint_t *self, size_t part,
                               char prefix [GRADMQ_PIECE_PREFIX_BYTES]);

//  Numbers and names that a checkpoint can have.
//    errors  ARGUMENT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_check (const gradmq_checkpoint_t *self,
                                                        gradmq_reason_t *reason);

//  What the pairs, one for each key, in the table's order, say of *self, whose layout is there. Texts are
//  borrowed.
//    shape   `counts` one a tensor of the layout
//    errors  FORMAT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_read_pairs (gradmq_checkpoint_t *self,
                                                             const gradmq_metadata_t *pairs,
                                                             gradmq_checkpoint_count_t *counts,
                                                             gradmq_reason_t *reason);

//  The checksum: of all pairs but its own, in the order of their keys; then of each tensor's head, in
//  the order of the file; then of all data.
uint32_t gradmq_checkpoint_sum_pairs (const gradmq_metadata_t *pairs);
uint32_t gradmq_checkpoint_sum_head (uint32_t before, const char *name, const gradmq_dtype_t *dtype,
                                     uint32_t rank, const uint64_t *shape);

#endif
