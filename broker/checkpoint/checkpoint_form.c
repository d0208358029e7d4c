#include "checkpoint/checkpoint_form.h"

#include "core/bytes.h"
#include "core/crc32c.h"
#include "core/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define S_OFFSET_OWN(key) 0
#define S_OFFSET_COUNT(key) offsetof (gradmq_checkpoint_t, key)
#define S_OFFSET_TEXT(key) offsetof (gradmq_checkpoint_t, key)

const gradmq_checkpoint_key_t gradmq_checkpoint_keys [GRADMQ_CHECKPOINT_KEYS] = {
#define X(key, kind) {#key, GRADMQ_CHECKPOINT_##kind, S_OFFSET_##kind (key)},
#include "checkpoint/checkpoint_key.def"
#undef X
};

bool
gradmq_checkpoint_is_format (const char *format)
{
    static const char front [] = "gradmq-checkpoint-";
    return strncmp (format, front, strlen (front)) == 0;
}

void
gradmq_checkpoint_prefix (const gradmq_checkpoint_t *self, size_t part,
                          char prefix [GRADMQ_PIECE_PREFIX_BYTES])
{
    prefix [0] = 0;
    if (part > self->state_count)
        snprintf (prefix, GRADMQ_PIECE_PREFIX_BYTES, "shadow %.64s%c",
                  self->shadow_names [part - self->state_count - 1], GRADMQ_CHECKPOINT_SEPARATOR);
    else if (part > 0)
        snprintf (prefix, GRADMQ_PIECE_PREFIX_BYTES, "state %zu%c", part - 1,
                  GRADMQ_CHECKPOINT_SEPARATOR);
}

//  Not so for a NAN.
static bool
s_is_share (double value)
{
    return value >= 0 && value <= 1;
}

static gradmq_err_t
s_check_counts (const gradmq_checkpoint_t *self, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < gradmq_layout_count (self->layout); i++) {
        const gradmq_checkpoint_count_t *count = &self->counts [i];
        const char *name = gradmq_layout_tensor (self->layout, i)->name;
        if (count->count > GRADMQ_CHECKPOINT_COUNT_MAX)
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                  "tensor \"%.128s\" was stepped %" PRIu64
                                  " times; it can be at most 2^53 - 1",
                                  name, count->count);
        for (size_t k = 0; k < 2; k++)
            if (!s_is_share (count->running [k]))
                return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                      "tensor \"%.128s\" carries %g from step to step; it can be "
                                      "from 0 to 1",
                                      name, count->running [k]);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_shadows (const gradmq_checkpoint_t *self, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < self->shadow_count; i++) {
        const char *name = self->shadow_names [i];
        if (!gradmq_name_valid (name))
            return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "\"%.64s\" is no name of a stream",
                                  name);
        for (size_t k = 0; k < i; k++)
            if (strcmp (name, self->shadow_names [k]) == 0)
                return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                                      "the stream \"%.64s\" is there twice", name);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_checkpoint_check (const gradmq_checkpoint_t *self, gradmq_reason_t *reason)
{
    if (!gradmq_name_valid (self->model))
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "\"%.64s\" is no name of a model",
                              self->model);
    gradmq_err_t err = s_check_counts (self, reason);
    return err ? err : s_check_shadows (self, reason);
}

uint32_t
gradmq_checkpoint_sum_pairs (const gradmq_metadata_t *pairs)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS; i++) {
        if (i == GRADMQ_CHECKPOINT_KEY_checksum)
            continue;
        sum = gradmq_crc32c (sum, pairs [i].key, strlen (pairs [i].key) + 1);
        sum = gradmq_crc32c (sum, pairs [i].value, strlen (pairs [i].value) + 1);
    }
    return sum;
}

uint32_t
gradmq_checkpoint_sum_head (uint32_t before, const char *name, const gradmq_dtype_t *dtype,
                            uint32_t rank, const uint64_t *shape)
{
    uint8_t numbers [4 + 4 + 8 * GRADMQ_RANK_MAX];
    gradmq_put_u32 (numbers, dtype->code);
    gradmq_put_u32 (numbers + 4, rank);
    for (uint32_t i = 0; i < rank; i++)
        gradmq_put_u64 (numbers + 8 + 8 * i, shape [i]);
    uint32_t sum = gradmq_crc32c (before, name, strlen (name) + 1);
    return gradmq_crc32c (sum, numbers, 8 + 8 * rank);
}
