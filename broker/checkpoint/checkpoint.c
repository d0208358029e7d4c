#include "checkpoint/checkpoint.h"

#include "checkpoint/checkpoint_form.h"
#include "core/crc32c.h"
#include "settings/real.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  One writing.
typedef struct {
    const gradmq_checkpoint_t *checkpoint;
    gradmq_metadata_t pairs [GRADMQ_CHECKPOINT_KEYS];
    char numbers [GRADMQ_CHECKPOINT_KEYS][24];  //  values that are short
    char *counts;
    gradmq_piece_t pieces [GRADMQ_CHECKPOINT_PARTS_MAX];
    char prefixes [GRADMQ_CHECKPOINT_PARTS_MAX][GRADMQ_PIECE_PREFIX_BYTES];
    size_t piece_count;
} s_writing_t;

static gradmq_err_t
s_no_memory (gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
}

//  A line a tensor: how often it was stepped, and the two numbers it carries.
static char *
s_counts_text (const gradmq_checkpoint_t *checkpoint)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream (&text, &size);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < gradmq_layout_count (checkpoint->layout); i++) {
        const gradmq_checkpoint_count_t *count = &checkpoint->counts [i];
        char running [2][GRADMQ_REAL_TEXT_BYTES];
        for (size_t k = 0; k < 2; k++)
            gradmq_real_write (count->running [k], running [k], sizeof running [k]);
        fprintf (stream, "%" PRIu64 " %s %s\n", count->count, running [0], running [1]);
    }
    bool written = !ferror (stream);
    written &= fclose (stream) == 0;
    if (written)
        return text;
    free (text);
    return NULL;
}

//  The pairs of the table's COUNT and TEXT.
static void
s_put_plain (s_writing_t *self)
{
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS; i++) {
        const gradmq_checkpoint_key_t *key = &gradmq_checkpoint_keys [i];
        const char *field = (const char *) self->checkpoint + key->offset;
        self->pairs [i] = (gradmq_metadata_t){.key = key->name, .value = self->numbers [i]};
        if (key->kind == GRADMQ_CHECKPOINT_COUNT)
            snprintf (self->numbers [i], sizeof self->numbers [i], "%" PRIu64,
                      *(const uint64_t *) (const void *) field);
        else if (key->kind == GRADMQ_CHECKPOINT_TEXT)
            self->pairs [i].value = *(const char *const *) (const void *) field;
    }
}

static gradmq_err_t
s_make_pairs (s_writing_t *self, gradmq_reason_t *reason)
{
    self->counts = s_counts_text (self->checkpoint);
    if (!self->counts)
        return s_no_memory (reason);
    s_put_plain (self);
    self->pairs [GRADMQ_CHECKPOINT_KEY_counts].value = self->counts;
    self->pairs [GRADMQ_CHECKPOINT_KEY_format].value = GRADMQ_CHECKPOINT_FORMAT;
    self->pairs [GRADMQ_CHECKPOINT_KEY_journal].value =
        self->checkpoint->journal ? "true" : "false";
    self->pairs [GRADMQ_CHECKPOINT_KEY_running].value =
        self->checkpoint->running ? "true" : "false";
    char *layout = self->numbers [GRADMQ_CHECKPOINT_KEY_layout];
    snprintf (layout, sizeof self->numbers [0], "%016" PRIx64,
              gradmq_layout_id (self->checkpoint->layout));
    return GRADMQ_OK;
}

static void
s_make_pieces (s_writing_t *self)
{
    const gradmq_checkpoint_t *checkpoint = self->checkpoint;
    self->pieces [0].data = checkpoint->parameters;
    for (size_t i = 0; i < checkpoint->state_count; i++)
        self->pieces [1 + i].data = checkpoint->states [i];
    for (size_t i = 0; i < checkpoint->shadow_count; i++)
        self->pieces [1 + checkpoint->state_count + i].data = checkpoint->shadows [i];
    self->piece_count = 1 + checkpoint->state_count + checkpoint->shadow_count;
    for (size_t i = 0; i < self->piece_count; i++) {
        gradmq_checkpoint_prefix (checkpoint, i, self->prefixes [i]);
        self->pieces [i].prefix = self->prefixes [i];
    }
}

//  Put the checksum into its pair, when all else is there.
static void
s_put_sum (s_writing_t *self)
{
    const gradmq_layout_t *layout = self->checkpoint->layout;
    uint32_t sum = gradmq_checkpoint_sum_pairs (self->pairs);
    for (size_t i = 0; i < self->piece_count; i++)
        for (size_t k = 0; k < gradmq_layout_count (layout); k++) {
            const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, k);
            char name [GRADMQ_PIECE_PREFIX_BYTES + GRADMQ_TENSOR_NAME_BYTES_MAX];
            snprintf (name, sizeof name, "%s%s", self->prefixes [i], tensor->name);
            sum = gradmq_checkpoint_sum_head (sum, name, gradmq_layout_dtype (layout), tensor->rank,
                                              tensor->shape);
        }
    for (size_t i = 0; i < self->piece_count; i++)
        sum = gradmq_crc32c (sum, self->pieces [i].data, (size_t) gradmq_layout_bytes (layout));
    snprintf (self->numbers [GRADMQ_CHECKPOINT_KEY_checksum], sizeof self->numbers [0],
              "%08" PRIx32, sum);
}

static gradmq_err_t
s_write (s_writing_t *self, const char *path, uint64_t *bytes, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_make_pairs (self, reason);
    if (err)
        return err;
    s_make_pieces (self);
    s_put_sum (self);
    const gradmq_save_t save = {.path = path,
                                .private = true,
                                .layout = self->checkpoint->layout,
                                .dtype = gradmq_layout_dtype (self->checkpoint->layout),
                                .pieces = self->pieces,
                                .piece_count = self->piece_count,
                                .metadata = self->pairs,
                                .metadata_count = GRADMQ_CHECKPOINT_KEYS};
    return gradmq_save (&save, bytes, reason);
}

gradmq_err_t
gradmq_checkpoint_write (const char *folder, const gradmq_checkpoint_t *self, uint64_t *bytes,
                         gradmq_reason_t *reason)
{
    assert (self->model && self->settings && self->workers);
    assert (self->state_count <= GRADMQ_CHECKPOINT_STATES_MAX);
    assert (self->shadow_count <= GRADMQ_CHECKPOINT_SHADOWS_MAX);
    *bytes = 0;
    gradmq_err_t err = gradmq_checkpoint_check (self, reason);
    if (err)
        return err;
    char *path = gradmq_checkpoint_path (folder, self->serial);
    s_writing_t *writing = calloc (1, sizeof *writing);
    if (path && writing) {
        writing->checkpoint = self;
        err = s_write (writing, path, bytes, reason);
        free (writing->counts);
    } else
        err = s_no_memory (reason);
    free (writing);
    free (path);
    return err;
}
