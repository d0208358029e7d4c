//  Checkpoints: all that a coordinator goes on from, as a safetensors file that any reader opens.
//
//  The parameters stand first, under the tensors' own names and in the layout's order. Behind them stand
//  the optimizer's states, then what subscribers of lossy streams hold, each shaped as the parameters:
//  tensor "w" has its first state under "state 0<TAB>w", and what those of stream "f16" hold of it under
//  "shadow f16<TAB>w". No tensor of a model has a tab in its name (rule A-2). Everything else is text in
//  __metadata__ (checkpoint_key.def), with a checksum over all of the file that has a meaning.

#ifndef GRADMQ_CHECKPOINT_CHECKPOINT_H
#define GRADMQ_CHECKPOINT_CHECKPOINT_H

#include "checkpoint/serials.h"
#include "tensor/layout.h"

#define GRADMQ_CHECKPOINT_STATES_MAX 4u
#define GRADMQ_CHECKPOINT_SHADOWS_MAX 8u
#define GRADMQ_CHECKPOINT_COUNT_MAX ((1ull << 53) - 1)

//  How often a tensor was stepped, and what its optimizer carries from step to step.
typedef struct {
    uint64_t count;      //  at most GRADMQ_CHECKPOINT_COUNT_MAX
    double running [2];  //  from 0 to 1
} gradmq_checkpoint_count_t;

//  What a checkpoint holds. All is borrowed: from the caller who writes it, or from the file that was
//  read.
typedef struct {
    uint64_t serial;  //  number of the file; a journal of the same number goes on from here
    bool journal;     //  there is that journal, and was before this checkpoint
    uint64_t epoch, version;
    uint64_t tick;         //  of the schedule
    uint64_t revision;     //  of the settings
    bool running;          //  the coordinator was applying
    const char *model;     //  its name
    const char *settings;  //  text, opaque here
    const char *workers;   //  text, opaque here
    gradmq_layout_t *layout;
    const void *parameters;                             //  packed in the layout's dtype
    const void *states [GRADMQ_CHECKPOINT_STATES_MAX];  //  each packed as the parameters are
    size_t state_count;
    const gradmq_checkpoint_count_t *counts;                   //  one a tensor of the layout
    const char *shadow_names [GRADMQ_CHECKPOINT_SHADOWS_MAX];  //  of streams
    const void *shadows [GRADMQ_CHECKPOINT_SHADOWS_MAX];       //  each packed as the parameters are
    size_t shadow_count;
} gradmq_checkpoint_t;

//  Write FOLDER/checkpoint-SERIAL.safetensors (20 digits) for its owner alone to read: under a temporary
//  name, to the disk, then under its own name. The data is not copied.
//    `bytes`  how many the file has
//    errors   ARGUMENT (something that reading would refuse), IO (with the system's words), TOO_LARGE
//             (more names and text than a header of the format can have), MEMORY; what is in the folder
//             is then unchanged, unless the folder alone could not be synced
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_write (const char *folder,
                                                        const gradmq_checkpoint_t *self,
                                                        uint64_t *bytes, gradmq_reason_t *reason);

//  A checkpoint that was read; it owns everything of it.
typedef struct gradmq_checkpoint_file gradmq_checkpoint_file_t;

//  Read a file. One that was changed anywhere is refused, or means the same (white space between the
//  words of its header).
//    owns    *self_p is the caller's: gradmq_checkpoint_file_destroy
//    errors  IO (cannot be read), FORMAT (not a checkpoint, or damaged), UNSUPPORTED (a checkpoint of
//            another version of the format), MEMORY; each names the file, and *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_read (gradmq_checkpoint_file_t **self_p,
                                                       const char *path, gradmq_reason_t *reason);

//  The same from memory, which is not needed afterwards.
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_parse (gradmq_checkpoint_file_t **self_p,
                                                        const void *bytes, size_t size,
                                                        gradmq_reason_t *reason);

//  What was read. Borrowed; the parameters and each state and shadow are aligned to 64 bytes.
const gradmq_checkpoint_t *gradmq_checkpoint_of (const gradmq_checkpoint_file_t *self);

//  NULL and *NULL are fine.
void gradmq_checkpoint_file_destroy (gradmq_checkpoint_file_t **self_p);

//  The checkpoints of a folder, whether or not they can be read.
//    owns    *self is the caller's: gradmq_serials_clear
//    errors  IO, MEMORY; *self is then clear
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_list (gradmq_serials_t *self, const char *folder,
                                                       gradmq_reason_t *reason);

//  The path of a checkpoint.
//    owns    the caller's: free
//    errors  NULL: out of memory
char *gradmq_checkpoint_path (const char *folder, uint64_t serial);

//  Remove what writers that were killed have left in the folder. Nobody may be writing there.
void gradmq_checkpoint_tidy (const char *folder);

//  Remove all checkpoints of the folder but the `keep` newest; it is on the disk on return.
//    errors  IO, MEMORY; those that could be removed are
GRADMQ_MUST_CHECK gradmq_err_t gradmq_checkpoint_prune (const char *folder, size_t keep,
                                                        gradmq_reason_t *reason);

#endif
